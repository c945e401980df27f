import Testing

@testable import norm

@Suite struct HelpTests {
    @Test(arguments: [
        ([], ["compare", "apply", "inspect", "fold", "--version", "exit status"]),
        (["--help"], ["compare", "apply", "--version", "exit status"]),
        (
            ["compare", "--help"],
            [
                "FILE.npy", "--channel-axis", "--shapes", "resnet50", "densenet121", "--batch",
                "--layers", "--engines", "--threads", "--json", "--plot", "--sweep", "--sizes",
                "--types", "--full", "--tables",
                "EXAMPLES",
            ]
        ),
        (
            ["study", "--help"],
            [
                "--report", "--quick", "--whitening", "--only", "--networks", "--continue",
                "--full", "--epochs", "--seeds", "--learning-rates", "--layers", "trainings.jsonl",
                "--train-images", "0 and deviation 1", "EXAMPLES",
            ]
        ),
        (
            ["inspect", "--help"],
            Finding.Check.allCases.map(\.rawValue) + [
                "FILE", "--strict", "--every-tensor", "--pairs", "--json", "--plot", "EXAMPLES",
            ]
        ),
        (
            ["fold", "--help"],
            [
                "FILE", "--output", "--pair", "--epsilon", "transposed", "groups=2",
                "epsilon=0.001",
                "EXAMPLES",
            ]
        ),
        (
            ["help", "apply"],
            [
                "--mode", "training", "inference", "backward", "inference-backward", "--input",
                "--layer", "--groups", "--axes", "--scale-offset", "--residual", "--mask",
                "--masked-output", "--renorm", "--ghost", "--weights", "--prefix", "sum.npy",
                "--gradient", "--gamma", "--beta", "--running-mean", "--running-variance",
                "--channel-axis", "--epsilon", "--momentum", "--decay", "--cumulative",
                "--variance", "--engine", "--threads", "--non-finite", "--output-directory",
                "y.npy", "batch_mean.npy", "batch_variance.npy", "running_mean.npy",
                "running_variance.npy", "dx.npy", "dgamma.npy", "dbeta.npy", "EXAMPLES",
            ]
        ),
    ])
    func helpNamesWhatThereIs(_ arguments: [String], _ words: [String]) throws {
        let outcome = try Command.run(arguments)
        #expect(outcome.status == 0 && outcome.error == "", outcome.account)
        for word in words { #expect(outcome.output.contains(word), "\(word): \(outcome.account)") }
        for line in outcome.output.split(separator: "\n") {
            #expect(line.count <= 80, "too long for a terminal: \(line)")
        }
    }

    @Test func versionIsPrinted() throws {
        let outcome = try Command.run("--version")
        #expect(outcome.status == 0 && outcome.error == "", outcome.account)
        #expect(outcome.output == "0.2.0-dev\n")
    }
}
