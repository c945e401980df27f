import Foundation
import NormalizationFiles
import TrainingStudy

/// The tasks of the study, read from the shipped files or from files of one's own.
enum StudyFiles {
    /// The shipped data.
    static func shipped() throws -> StudyTasks {
        .shipped(
            digits: .digits(try samples("digits", shape: [1, 8, 8], classes: 10)),
            breastCancer: .breastCancer(try samples("breast_cancer", shape: [30], classes: 2)),
            japaneseVowels: .japaneseVowels(
                train: try utterances("japanese_vowels_train"),
                test: try utterances("japanese_vowels_test")))
    }

    private static func samples(_ name: String, shape: [Int], classes: Int) throws -> Dataset {
        try Dataset(
            values: ShippedData.array(name).doubles, sampleShape: shape,
            labels: integers(ShippedData.array(name + "_labels"), name + "_labels"),
            classes: classes)
    }

    private static func utterances(_ name: String) throws -> Dataset {
        let frames = try ShippedData.array(name)
        return try Dataset(
            values: frames.doubles, sampleShape: Array(frames.shape.dropFirst()),
            labels: integers(ShippedData.array(name + "_labels"), name), classes: 9,
            lengths: integers(ShippedData.array(name + "_lengths"), name))
    }

    /// Images of one's own: (N, C, H, W) of f4 or u1, labels (N) of integers.
    static func images(
        train: (images: String, labels: String), test: (images: String, labels: String)
    ) throws -> StudyTasks {
        let training = try imagesAndLabels(train.images, train.labels, "train")
        let testing = try imagesAndLabels(test.images, test.labels, "test")
        guard training.type == testing.type else {
            throw Failure.data(
                "--test-images \(test.images): expected elements of type "
                    + "\(training.type.rawValue) like the training images, found "
                    + testing.type.rawValue)
        }
        guard training.shape == testing.shape else {
            throw Failure.data(
                "--test-images \(test.images): expected images of shape \(training.shape) like "
                    + "the training images, got \(testing.shape)")
        }
        let classes = max(training.labels.max() ?? 0, testing.labels.max() ?? 0) + 1
        func dataset(_ part: Images) -> Dataset {
            Dataset(
                values: part.values, sampleShape: part.shape, labels: part.labels,
                classes: classes)
        }
        return .images(
            .images(train.images, train: dataset(training), test: dataset(testing)))
    }

    /// The bytes that a training step takes: 256 samples of 16 channels in Float, about 30 of them alive at
    /// once, for each core.
    private static var bytesPerPixel: Double {
        256 * 16 * 4 * 30 * Double(ProcessInfo.processInfo.activeProcessorCount)
    }

    private static let imageTypes = ElementTypes(
        [.float32, .uint8], "elements of <f4 or |u1")
    private static let labelTypes = ElementTypes(
        NpyElementType.allCases.filter { !$0.isFloatingPoint }, "integers below 2⁶³")

    /// Images as they are in their file, and their labels.
    private struct Images {
        let type: NpyElementType
        let values: [Double]
        let shape: [Int]
        let labels: [Int]
    }

    private static func imagesAndLabels(
        _ imagesPath: String, _ labelsPath: String, _ part: String
    ) throws -> Images {
        // As in the file, in Double, and scaled.
        let images = try FileArgument("--\(part)-images", imagesPath)
            .read(imageTypes, tensors: 4, elementSize: 8)
        let shape = images.shape
        guard shape.count == 4, shape[0] > 1, shape[1] > 0, shape[2] >= 4, shape[3] >= 4 else {
            throw Failure.data(
                "--\(part)-images \(imagesPath): expected shape (N, C, H, W) with at least 2 "
                    + "images of at least 4×4, got \(shape)")
        }
        let stepSize = Double(shape[2]) * Double(shape[3]) * bytesPerPixel
        guard stepSize <= Double(ProcessInfo.processInfo.physicalMemory) else {
            throw Failure.data(
                "--\(part)-images \(imagesPath): expected images small enough to train on in "
                    + "this machine's memory, got \(shape[2])×\(shape[3])")
        }
        let values = images.doubles
        if let value = values.first(where: { !$0.isFinite }) {
            throw Failure.data(
                "--\(part)-images \(imagesPath): expected finite numbers, got \(value)")
        }
        let labelFile = try FileArgument("--\(part)-labels", labelsPath).read(labelTypes)
        guard labelFile.shape == [shape[0]] else {
            throw Failure.data(
                "--\(part)-labels \(labelsPath): expected shape [\(shape[0])], one label an "
                    + "image, got \(labelFile.shape)")
        }
        let labels = try integers(labelFile, "--\(part)-labels \(labelsPath)")
        if let label = labels.first(where: { !(0..<10_000).contains($0) }) {
            throw Failure.data(
                "--\(part)-labels \(labelsPath): expected numbers from 0 to 9999, got \(label)")
        }
        return Images(
            type: images.header.elementType, values: values, shape: Array(shape.dropFirst()),
            labels: labels)
    }

    private static func integers(_ file: NpyFile, _ name: String) throws(Failure) -> [Int] {
        guard let integers = file.integers else {
            throw TensorName(name).wrongType(file, labelTypes)
        }
        return integers
    }
}
