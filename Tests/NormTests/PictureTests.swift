import Foundation
import Normalization
import Testing

@testable import norm

/// What `norm compare` and `norm inspect` draw.
@Suite struct PictureTests {
    @Test func aPictureHasARowATensorAndADotAnEngine() throws {
        let folder = try Folder()
        let outcome = try Command.run(
            "compare", "--shapes", "4x3", "4x3x2", "--layers", "standard", "layer", "--threads",
            "1",
            "2", "--plot", "speed.svg", in: folder.path)
        #expect(outcome.status == 0 && outcome.error == "", outcome.account)
        let picture = try String(contentsOfFile: "\(folder.path)/speed.svg", encoding: .utf8)
        for label in [
            "4x3 standard", "4x3 layer", "4x3x2 standard", "4x3x2 layer", "training", "inference",
            "backward", "1 of 1, 2 threads",
        ] + Engine.allCases.map(\.rawValue) {
            #expect(picture.components(separatedBy: ">\(label)</text>").count == 2, "\(label)")
        }
        // Three operations of four rows, and the legend.
        let (engines, counts) = (Engine.allCases.count, 2)
        let dots = picture.components(separatedBy: "<circle").count - 1
        #expect(dots == 12 * engines * counts + engines + 1)
    }

    @Test func scalesHaveAPlaceForEveryNumber() {
        for values in [[1.0], [0, 0], [-3, 5], [1e-30, 1e30], [.nan, 2], [], [0.1, 0.11]] {
            for isLogarithmic in [false, true] {
                let scale = Scale(values, isLogarithmic: isLogarithmic, from: 10, to: 110)
                #expect(scale.marks.count < 30)
                for value in values + scale.marks.map(\.value) where value.isFinite {
                    #expect((10...110).contains(scale.place(value)), "\(value) of \(values)")
                }
            }
        }
        let scale = Scale([1, 1000], isLogarithmic: true, from: 0, to: 1)
        #expect(scale.marks.map(\.text) == ["1", "10", "100", "1000"])
        #expect(
            Scale([0, 10], isLogarithmic: false, from: 0, to: 1).marks.map(\.value) == [
                0, 2, 4, 6, 8, 10,
            ])
    }

    @Test func layersAreDrawn() throws {
        let folder = try Folder()
        try InspectTests.write(
            InspectTests.sound("bn").merging(InspectTests.sound("a<b>&\u{1B}")) { $1 }, folder)
        let outcome = try Command.run(
            "inspect", "model.safetensors", "--plot", "out", in: folder.path)
        #expect(outcome.status == 0, outcome.account)
        #expect(try folder.contents("out") == ["deviation.svg", "gamma.svg"])
        for name in try folder.contents("out") {
            let data = try Data(contentsOf: URL(filePath: "\(folder.path)/out/\(name)"))
            let text = String(decoding: data, as: UTF8.self)
            #expect(text.hasPrefix("<svg") && text.hasSuffix("</svg>\n"))
            #expect(text.contains("a&lt;b>&amp;\u{FFFD}"))
            #expect(!text.contains("nan") && !text.contains("inf"))
        }
    }
}
