import Foundation
import Normalization
import NormalizationFiles
import Testing

/// `norm inspect --every-tensor`: numbers that are not finite, wherever they stand.
@Suite struct InspectTensorTests {
    /// A file with a sound normalization and these tensors.
    private static func folder(_ others: [SafetensorsTensor]) throws -> Folder {
        let folder = try Folder()
        var tensors = try InspectTests.sound("bn")
        for tensor in others { tensors[tensor.name] = tensor }
        try InspectTests.write(tensors, folder)
        return folder
    }

    private static func inspect(_ folder: Folder, _ options: String...) throws -> Outcome {
        try Command.run(["inspect", "model.safetensors"] + options, in: folder.path)
    }

    @Test func aTensorThatIsNoNormalizationsIsFoundOnRequest() throws {
        var weights = [Float](repeating: 1, count: 3_000_000)
        (weights[1_500_007], weights[2_999_999]) = (.nan, -.infinity)
        let folder = try Self.folder([
            SafetensorsTensor(name: "conv.weight", shape: [3, 1_000_000], values: weights),
            SafetensorsTensor(name: "fc.weight", shape: [2], values: [1, 2] as [Double]),
            SafetensorsTensor(name: "steps", shape: [1], integers: [-1]),
        ])
        var outcome = try Self.inspect(folder)
        #expect(outcome.status == 0 && !outcome.output.contains("conv"), outcome.account)
        outcome = try Self.inspect(folder, "--every-tensor", "--json", "found.json")
        #expect(outcome.status == 1, outcome.account)
        let said = "2 numbers of 3000000 not finite, the first at 1500007"
        #expect(outcome.output.contains("\nwrong: conv.weight: \(said)\n"), outcome.account)
        #expect(
            outcome.error.contains(
                "nothing wrong; of 6 tensors 1 with numbers that are not finite"),
            outcome.account)
        let json = try String(contentsOfFile: "\(folder.path)/found.json", encoding: .utf8)
        #expect(json.contains("\"notFinite\": 2") && json.contains("\"first\": 1500007"), "\(json)")
    }

    @Test func soundTensorsOfEveryTypeAreSound() throws {
        let folder = try Self.folder([
            SafetensorsTensor(name: "a", shape: [1], values: [Float.greatestFiniteMagnitude]),
            SafetensorsTensor(name: "b", shape: [1], values: [-Double.greatestFiniteMagnitude]),
            SafetensorsTensor(name: "c", shape: [2], values: [65504, -65504] as [Float16]),
            SafetensorsTensor(name: "d", shape: [1], integers: [.min]),
        ])
        let outcome = try Self.inspect(folder, "--every-tensor", "--strict")
        #expect(outcome.status == 0 && outcome.error == "", outcome.account)
        #expect(outcome.output.contains("of 7 tensors 0 with"), outcome.account)
    }

    @Test("a number that is not finite is found in every type", arguments: ["a", "b", "c"])
    func everyType(name: String) throws {
        let all = try [
            SafetensorsTensor(name: "a", shape: [3], values: [0, .infinity, 0] as [Double]),
            SafetensorsTensor(name: "b", shape: [3], values: [0, -.infinity, 0] as [Float16]),
            SafetensorsTensor(
                name: "c", shape: [3], values: [0, BFloat16(Float.nan), 0] as [BFloat16]),
        ]
        let outcome = try Self.inspect(
            Self.folder(all.filter { $0.name == name }), "--every-tensor")
        #expect(outcome.status == 1, outcome.account)
        #expect(
            outcome.output.contains("wrong: \(name): 1 number of 3 not finite, the first at 1"),
            outcome.account)
    }

    @Test func aFileWithoutNormalizationsCanBeLookedAt() throws {
        let folder = try Folder()
        let tensor = try SafetensorsTensor(name: "w", shape: [1], values: [Float.nan])
        try InspectTests.write(["w": tensor], folder)
        let outcome = try Self.inspect(folder, "--every-tensor")
        #expect(outcome.status == 1, outcome.account)
        #expect(outcome.output.contains("0 normalizations, nothing wrong; of 1 tensor 1 with"))
        #expect(outcome.output.contains("wrong: w: 1 number of 1 not finite"), outcome.account)
    }

    @Test func aLayerWithHalfOfItsParametersIsRemarked() throws {
        var tensors = try InspectTests.sound("bn")
        tensors["bn.bias"] = nil
        let folder = try Folder()
        try InspectTests.write(tensors, folder)
        let outcome = try Self.inspect(folder)
        #expect(outcome.status == 0, outcome.account)
        #expect(outcome.output.contains("warning: bn: it has gamma and no beta"), outcome.account)
    }

    @Test func whereTheFindingsCannotGoIsNamed() throws {
        let outcome = try Self.inspect(Self.folder([]), "--json", "nowhere/found.json")
        outcome.expectRefusal(65, saying: "--json nowhere/found.json")
    }
}
