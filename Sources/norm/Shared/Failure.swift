import Foundation
import Normalization
import NormalizationFiles
import TrainingStudy

/// Why a command cannot do what it was asked to: one line for people, an exit status for programs.
struct Failure: Error {
    let message: String
    let status: Int32

    /// The call is wrong: an argument unknown, missing, or out of its range.
    static func call(_ message: String) -> Failure { Failure(message: message, status: 64) }

    /// The data are wrong: a file that cannot be read or written, or what it holds.
    static func data(_ message: String) -> Failure { Failure(message: message, status: 65) }
}

extension Failure {
    /// Any error that a command ends with; one of the parser of arguments says `parserMessage`.
    init(_ error: any Error, parserMessage: String) {
        switch error {
        case let failure as Failure: self = failure
        case let error as NormalizationError:
            self = error.isAboutTheCall ? .call(error.description) : .data(error.description)
        case let error as FileError: self = .data(error.description)
        case StudyError.nothingToTrain, StudyError.unknownNetwork: self = .call("\(error)")
        case let error as StudyError: self = .data(error.description)
        default: self = .call(parserMessage.prefix(1).lowercased() + parserMessage.dropFirst())
        }
    }

    /// Says why on standard error, in one line, and ends the process.
    func exit() -> Never {
        try? FileHandle.standardError.write(contentsOf: Data("norm: \(line)\n".utf8))
        Foundation.exit(status)
    }

    /// The message in one line, whatever names of files and arguments went into it.
    private var line: String {
        let parts = message.split(whereSeparator: \.isNewline).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        var line = ""
        for scalar in parts.joined(separator: " ").unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control
            line += isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
        return line
    }
}

extension NormalizationError {
    /// Whether a number of the call is out of its range, as opposed to a file's content.
    fileprivate var isAboutTheCall: Bool {
        switch self {
        case .invalidEpsilon, .invalidWeight, .invalidThreadLimit, .invalidUpdateCount: true
        default: false
        }
    }
}
