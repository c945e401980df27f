import Foundation
import NormalizationFiles
import TrainingStudy

/// Training and test samples of one task.
struct StudyTask: Sendable {
    /// What the samples are, for the report.
    let name: String
    let train: Dataset
    let test: Dataset

    /// The accuracy of always naming the most common class of the test samples.
    var commonestShare: Double {
        let counts = test.labels.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        return Double(counts.values.max() ?? 0) / Double(max(1, test.count))
    }
}

/// The data sets of the study, as networks take them.
enum StudyData {
    /// The shipped digits, a quarter of them for the test, by a split of its own seed.
    static func digits() throws -> StudyTask {
        let images = try Dataset(
            values: numbers(ShippedData.array("digits")), sampleShape: [1, 8, 8],
            labels: integers(ShippedData.array("digits_labels"), "digits_labels"), classes: 10)
        let (train, test) = images.split(first: 1347, seed: 0)
        return scaled("handwritten digits, 8×8", train, test)
    }

    /// The breast cancer table as it is, a quarter of it for the test.
    static func breastCancer() throws -> StudyTask {
        let table = try Dataset(
            values: numbers(ShippedData.array("breast_cancer")), sampleShape: [30],
            labels: integers(ShippedData.array("breast_cancer_labels"), "breast_cancer_labels"),
            classes: 2)
        let (train, test) = table.split(first: 427, seed: 0)
        return StudyTask(name: "breast cancer, 30 raw features", train: train, test: test)
    }

    /// The same with every feature at mean 0 and deviation 1 over the training samples.
    static func standardized(_ task: StudyTask) -> StudyTask {
        let moments = task.train.featureMoments
        return StudyTask(
            name: "breast cancer, features at mean 0 and deviation 1",
            train: task.train.standardized(by: moments),
            test: task.test.standardized(by: moments))
    }

    /// Nine speakers' utterances, split as at the source.
    static func japaneseVowels() throws -> StudyTask {
        func part(_ name: String) throws -> Dataset {
            let frames = try ShippedData.array(name)
            return try Dataset(
                values: numbers(frames), sampleShape: Array(frames.shape.dropFirst()),
                labels: integers(ShippedData.array(name + "_labels"), name), classes: 9,
                lengths: integers(ShippedData.array(name + "_lengths"), name))
        }
        return StudyTask(
            name: "Japanese Vowels, 12 features a frame", train: try part("japanese_vowels_train"),
            test: try part("japanese_vowels_test"))
    }

    /// Images of one's own: (N, C, H, W) of f4 or u1, labels (N) of i4 or i8.
    static func images(
        train: (images: String, labels: String), test: (images: String, labels: String)
    ) throws -> StudyTask {
        let training = try imagesAndLabels(train.images, train.labels, "train")
        let testing = try imagesAndLabels(test.images, test.labels, "test")
        guard training.shape == testing.shape else {
            throw Failure.data(
                "--test-images \(test.images): expected images of shape \(training.shape) like "
                    + "the training images, got \(testing.shape)")
        }
        let classes = max(training.labels.max() ?? 0, testing.labels.max() ?? 0) + 1
        func dataset(_ part: (values: [Double], shape: [Int], labels: [Int])) -> Dataset {
            Dataset(
                values: part.values, sampleShape: part.shape, labels: part.labels,
                classes: classes)
        }
        return scaled(train.images, dataset(training), dataset(testing))
    }

    /// All pixels to mean 0 and deviation 1 over the training images: one shift and one scale.
    private static func scaled(_ name: String, _ train: Dataset, _ test: Dataset) -> StudyTask {
        let count = Double(train.values.count)
        let mean = train.values.reduce(0, +) / count
        let variance = train.values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        let scale = variance > 0 ? 1 / variance.squareRoot() : 1
        return StudyTask(
            name: name, train: train.transformed(scale: scale, shift: -mean * scale),
            test: test.transformed(scale: scale, shift: -mean * scale))
    }

    /// What a training step takes: 256 samples of 16 channels in Float, about 30 of them alive at
    /// once, for each core.
    private static var bytesPerPixel: Double {
        256 * 16 * 4 * 30 * Double(ProcessInfo.processInfo.activeProcessorCount)
    }

    private static func imagesAndLabels(
        _ imagesPath: String, _ labelsPath: String, _ part: String
    ) throws -> (values: [Double], shape: [Int], labels: [Int]) {
        // As in the file, in Double, and scaled.
        let images = try FileArgument("--\(part)-images", imagesPath)
            .read(tensors: 4, elementSize: 8)
        switch images {
        case .float32, .uint8: break
        default:
            throw Failure.data(
                "--\(part)-images \(imagesPath): expected elements of <f4 or |u1, got "
                    + images.header.elementType.rawValue)
        }
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
        let values = numbers(images)
        if let value = values.first(where: { !$0.isFinite }) {
            throw Failure.data(
                "--\(part)-images \(imagesPath): expected finite numbers, got \(value)")
        }
        let labelFile = try FileArgument("--\(part)-labels", labelsPath).read()
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
        return (values, Array(shape.dropFirst()), labels)
    }

    private static func numbers(_ file: NpyFile) -> [Double] {
        switch file {
        case .float32(let array): array.values.map(Double.init)
        case .float64(let array): array.values
        case .uint8(let array): array.values.map(Double.init)
        case .int32(let array): array.values.map(Double.init)
        case .int64(let array): array.values.map(Double.init)
        }
    }

    private static func integers(_ file: NpyFile, _ name: String) throws(Failure) -> [Int] {
        switch file {
        case .int32(let array): return array.values.map(Int.init)
        case .int64(let array): return array.values.map(Int.init)
        default:
            throw .data(
                "\(name): expected elements of <i4 or <i8, got "
                    + file.header.elementType.rawValue)
        }
    }
}
