import Foundation
import ManyMachines
import Normalization
import NormalizationMPI

/// Trains on as many processes as `mpirun` starts, and writes how each step went.
///
///     mpirun -n 8 many-machines FOLDER local|synchronized|group [--batch 16] [--steps 200] [--threads 1]
@main
enum ManyMachinesCommand {
    static func main() {
        do {
            let ranks = try MPICommunicator()
            do {
                try run(over: ranks)
                try MPICommunicator.finalize()
            } catch {
                // The others wait for this rank in their next collective.
                say("rank \(ranks.rank): \(error)")
                ranks.abort()
            }
        } catch {
            say("\(error)")
            exit(1)
        }
    }

    private static func say(_ text: String) {
        FileHandle.standardError.write(Data("many-machines: \(text)\n".utf8))
    }

    private static func run(over ranks: MPICommunicator) throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count >= 2, let kind = Kind(rawValue: arguments[1]) else {
            throw Usage(
                text: "expected a folder with digits.npy and one of "
                    + Kind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let digits = try Digits(folder: arguments[0])
        arguments.removeFirst(2)
        var options = Training.Options(kind: kind)
        while let name = arguments.first {
            guard arguments.count > 1, let number = Int(arguments[1]), number > 0 else {
                throw Usage(text: "\(name): expected a number above zero behind it")
            }
            switch name {
            case "--batch": options.batch = number
            case "--steps": options.steps = number
            case "--threads": options.threadLimit = number
            case "--seed": options.seed = number
            default:
                throw Usage(text: "expected --batch, --steps, --threads or --seed, got \(name)")
            }
            arguments.removeFirst(2)
        }
        let steps = try Training(options, on: digits, over: ranks).run()
        guard ranks.rank == 0 else { return }
        print("step,loss,test_loss,accuracy")
        for (index, step) in steps.enumerated() {
            let test = [step.testLoss, step.accuracy].map { $0.map { "\($0)" } ?? "" }
            print("\(index + 1),\(step.loss),\(test.joined(separator: ","))")
        }
    }

    private struct Usage: Error, CustomStringConvertible {
        let text: String
        var description: String { text }
    }
}
