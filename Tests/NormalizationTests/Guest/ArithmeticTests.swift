import CHostProcess
import Foundation
import Normalization
import Testing

/// Hosts that change how floating-point arithmetic rounds.
@Suite("Arithmetic of the host")
struct ArithmeticTests {
    struct Arithmetic: CustomTestStringConvertible {
        var value: host_arithmetic
        var testDescription: String

        static let all = [
            Arithmetic(value: host_flushing, testDescription: "flush to zero"),
            Arithmetic(value: host_upward, testDescription: "upward"),
            Arithmetic(value: host_downward, testDescription: "downward"),
            Arithmetic(value: host_toward_zero, testDescription: "toward zero"),
        ]
    }

    @Test(
        "results have the same bits for 1 to 8 threads, however the caller rounds",
        arguments: Engine.allCases, Arithmetic.all)
    func threadsChangeNoBit(_ engine: Engine, _ arithmetic: Arithmetic) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let call = GuestCall<Scalar>()
            let usual = try call.answer(threads: 1, engine: engine)
            // Helpers that were started by a caller who rounds to nearest.
            #expect(try call.answer(threads: 8, engine: engine) == usual)
            host_set_arithmetic(arithmetic.value)
            let answers = Result {
                try (1...8).map { try call.answer(threads: $0, engine: engine) }
            }
            let after = host_arithmetic_now()
            host_set_arithmetic(host_usual)
            #expect(after == Int32(arithmetic.value.rawValue))
            for (threads, answer) in try zip(1..., answers.get()) {
                #expect(try answer == answers.get()[0], "\(threads) threads")
            }
            #expect(try answers.get()[0] != usual, "the arithmetic makes no difference")
        }
        try check(Float.self)
        try check(Double.self)
    }
}
