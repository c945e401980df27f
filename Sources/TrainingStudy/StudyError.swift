/// Why a study cannot be run or reported.
package enum StudyError: Error, Equatable, CustomStringConvertible {
    /// There is no program to draw pictures with.
    case noGnuplot
    /// gnuplot drew no picture of this name.
    case noPicture(String)
    /// No part that was asked for trains a layer that was asked for.
    case nothingToTrain
    /// No part that was asked for trains a network of this name with a layer that was asked for.
    case unknownNetwork(String, known: [String])
    /// A training that was kept is none of the plan.
    case foreignTraining(String)

    package var description: String {
        switch self {
        case .noGnuplot: "gnuplot: expected the program on PATH; install Debian's gnuplot-nox"
        case .noPicture(let name): "gnuplot: expected a picture of \(name), got none"
        case .unknownNetwork(let name, let known):
            "--networks: expected \(known.joined(separator: ", ")), or the beginning of some and *; "
                + "got '\(name)'"
        case .foreignTraining(let text):
            "expected trainings of this study, found \(text)"
        case .nothingToTrain:
            "--only, --layers: expected a part that trains one of the layers, got none"
        }
    }
}
