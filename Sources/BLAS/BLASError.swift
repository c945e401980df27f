/// Why a LAPACK routine did not deliver.
public enum BLASError: Error, Equatable, Sendable {
    /// An argument the routine cannot take. `position` is its number in the C call of LAPACKE,
    /// where 1 is the matrix layout.
    case illegalArgument(
        routine: String, position: Int, name: String, expected: String, actual: String)

    /// The matrix is not positive definite: its leading principal minor of order `minor`, counted
    /// from 1, is not positive.
    case notPositiveDefinite(routine: String, minor: Int)

    /// The matrix is singular: that element of its diagonal, counted from 1, is zero.
    case singular(routine: String, diagonal: Int)

    /// The iteration did not converge. `info` is LAPACK's own code, positive.
    case notConverged(routine: String, info: Int)

    /// LAPACKE could not allocate its workspace.
    case outOfMemory(routine: String)
}

extension BLASError: CustomStringConvertible {
    /// One line for people: the routine, the argument, what was expected and what came.
    public var description: String {
        switch self {
        case .illegalArgument(let routine, let position, let name, let expected, let actual):
            "\(routine): argument \(position), \(name), must be \(expected), not \(actual)"
        case .notPositiveDefinite(let routine, let minor):
            "\(routine): the matrix is not positive definite: "
                + "its leading minor of order \(minor) is not positive"
        case .singular(let routine, let diagonal):
            "\(routine): the matrix is singular: element \(diagonal) of its diagonal is zero"
        case .notConverged(let routine, let info):
            "\(routine): the iteration did not converge (info \(info))"
        case .outOfMemory(let routine):
            "\(routine): no memory for its workspace"
        }
    }
}
