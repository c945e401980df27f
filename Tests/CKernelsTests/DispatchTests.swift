import CKernels
import Foundation
import Normalization
import Testing

@Suite("Choice of kernels")
struct DispatchTests {
    static let names = (0..<ckernels_count()).map {
        String(cString: ckernels_at($0).pointee.name)
    }

    private func chosen(by name: String?) -> String {
        String(cString: ckernels_named(name).pointee.name)
    }

    @Test("Each instruction set of the processor can be named", arguments: names)
    func namedSetsAreChosen(name: String) {
        #expect(chosen(by: name) == name)
    }

    @Test(
        "A name that the processor cannot run leaves the widest",
        arguments: [nil, "", "avx", "avx5120", "AVX512", "neon", "\u{0}", "base line"])
    func unknownNamesChangeNothing(name: String?) {
        #expect(chosen(by: name) == Self.names.last)
    }

    @Test("The engine runs the kernels that the environment names")
    func environmentOverrulesTheChoice() {
        let named = ProcessInfo.processInfo.environment["NORMALIZATION_INSTRUCTION_SET"]
        #expect(Engine.instructionSet == chosen(by: named))
    }
}
