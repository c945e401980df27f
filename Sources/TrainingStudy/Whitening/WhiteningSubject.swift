/// What normalizes in the study of whitening.
package enum WhiteningArm: String, CaseIterable, Sendable {
    case batchNorm = "batch norm"
    case zca
    case newton = "newton, 5 iterations"
}

/// A network of the study of whitening, with its data.
struct WhiteningSubject: Sendable {
    let name: String
    let task: LearningTask
    let isConvolutional: Bool
}
