import BLAS
import Foundation
import Normalization
import TrainingStudy

/// What the numbers of a study depend on, by the names that people know it by: its trainings go on only with the
/// same.
struct StudySettings: Equatable {
    /// A setting by its name: an option, or what is no option.
    typealias Setting = (name: String, value: String)

    private let settings: [Setting]

    init(_ settings: [Setting]) { self.settings = settings }

    static func == (a: StudySettings, b: StudySettings) -> Bool { a.difference(from: b) == nil }

    /// What is no option: the program, and the kernels, whose rounding differs.
    static var ofTheMachine: [Setting] {
        [
            ("the version of norm", Version.current),
            ("the kernels", "\(OpenBLAS.coreName) of OpenBLAS, fused \(Engine.instructionSet)"),
        ]
    }

    /// The first setting that differs: what it is in `other`, and here; nil where none does.
    func difference(from other: StudySettings) -> (name: String, kept: String, now: String)? {
        for (name, value) in settings {
            let kept = other.settings.first { $0.name == name }?.value ?? "none"
            if kept != value { return (name, kept, value) }
        }
        return nil
    }

    /// The settings and how many trainings the study has, in one line of JSON.
    func line(trainings: Int) -> String {
        JSON.object([
            ("trainings", .integer(trainings)),
            ("settings", .object(settings.map { ($0.name, .text($0.value)) })),
        ]).encoded
    }
}

extension StudySettings {
    /// Settings and count from a line; nil where it is another's.
    static func read(_ line: String) -> (settings: StudySettings, trainings: Int)? {
        guard let head = try? JSONDecoder().decode(Head.self, from: Data(line.utf8)) else {
            return nil
        }
        let settings = head.settings.map { (name: $0.key, value: $0.value) }
        return (StudySettings(settings), head.trainings)
    }

    private struct Head: Decodable {
        let trainings: Int
        let settings: [String: String]
    }
}

extension StudyTasks {
    /// The data, each by a sum of its bits.
    var settings: [StudySettings.Setting] {
        switch self {
        case .shipped: return [("the data", "shipped")]
        case .images(let task):
            return [
                ("--train-images", Self.checksum(task.train.values.lazy.map(\.bitPattern))),
                ("--train-labels", Self.checksum(task.train.labels.lazy.map(UInt64.init))),
                ("--test-images", Self.checksum(task.test.values.lazy.map(\.bitPattern))),
                ("--test-labels", Self.checksum(task.test.labels.lazy.map(UInt64.init))),
            ]
        }
    }

    /// FNV-1a over words.
    private static func checksum(_ words: some Sequence<UInt64>) -> String {
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        for word in words { sum = (sum ^ word) &* 0x100_0000_01b3 }
        return "data of checksum " + String(sum, radix: 16)
    }
}
