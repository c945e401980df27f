import Normalization
import NormalizationMPI
import SeededRandom

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What real processes over MPI must do, as many as `mpirun` starts: `Tests/MPI/run`. Every rank runs every check, and
/// fails where one of them does; rank 0 says how they went.
///
/// With `--absent` the last rank does not come to a collective, and the others must not wait for ever.
@main
enum MPITests {
    static func main() {
        #if MPI
            do {
                if CommandLine.arguments.contains("--absent") {
                    try Absence.run()
                } else {
                    try run()
                }
            } catch {
                print("mpi-tests: \(error)")
                exit(1)
            }
        #else
            print("mpi-tests: built without the package trait MPI")
            exit(1)
        #endif
    }
}

#if MPI
    extension MPITests {
        /// A property, and what is wrong with it on this rank.
        typealias Check = (name: String, run: (MPICommunicator) throws -> String?)

        static var checks: [Check] {
            TransportChecks.all + SynchronizedChecks.all + FaultChecks.all
        }

        private static func run() throws {
            let (ranks, checks) = (try MPICommunicator(), checks)
            var failures = 0
            for check in checks {
                let found: String?
                do { found = try check.run(ranks) } catch { found = "\(error)" }
                if let found { print("rank \(ranks.rank): \(check.name): \(found)") }
                let all = try ranks.allGather([found == nil ? 0 : 1])
                let failed = all.contains(1)
                failures += failed ? 1 : 0
                if ranks.rank == 0 { print("\(failed ? "failed" : "passed"): \(check.name)") }
            }
            if ranks.rank == 0 {
                print("mpi-tests: \(ranks.size) ranks, \(checks.count) checks, \(failures) failed")
            }
            try MPICommunicator.finalize()
            exit(failures == 0 ? 0 : 1)
        }
    }

    /// A rank that does not come.
    enum Absence {
        static func run() throws {
            let timeout = Duration.milliseconds(200)
            let ranks = try MPICommunicator(timeout: timeout)
            // All are there.
            _ = try ranks.allGather([ranks.rank])
            if ranks.rank == ranks.size - 1 {
                sleep(30)
                exit(1)
            }
            let layer = try BatchNorm<Float>.standard(channels: 2)
            var errors: [NormalizationError] = []
            for _ in 0..<2 {
                do throws(NormalizationError) {
                    _ = try layer.forward([1, 2, 3, 4], shape: [2, 2], over: ranks)
                } catch {
                    errors.append(error)
                }
            }
            let expected: [ExchangeFailure] = [.timedOut(after: timeout), .unusable]
            let isRight = errors == expected.map { .exchange($0) }
            print("mpi-tests: absent rank: \(isRight ? "timed out" : "\(errors)")")
            fflush(nil)
            // The first to be done would end the others before they have said so.
            usleep(300_000)
            ranks.abort(isRight ? 3 : 1)
        }
    }
#endif
