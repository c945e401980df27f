/// Some samples of a tensor, each of which has lanes of its own: what is computed at a time.
///
/// Tables have a hundred bytes a lane. Of all samples together they may be larger than the tensor, and memory
/// that a call takes anew costs more than to fill it.
struct SampleRun {
    /// The partition of these samples alone.
    let partition: Partition
    /// Where their lanes begin.
    let firstLane: Int
    /// Where their elements begin; a whole number of bytes of a mask.
    let firstElement: Int

    /// About the most lanes of a run: their tables stay in the memory that is kept from call to call.
    private static let mostLanes = 16 << 10

    /// Calls `body` with runs of all the samples of a partition, one after another. Which they are depends on
    /// the partition alone.
    static func forEach(of partition: Partition, samples: Int, _ body: (SampleRun) -> Void) {
        let channels = partition.parameters
        // In eights, so that no two share a byte of a mask.
        let length = max(8, mostLanes / channels & ~7)
        let size = partition.count / samples
        for first in stride(from: 0, to: samples, by: length) {
            body(
                SampleRun(
                    partition: partition.ofSamples(min(length, samples - first)),
                    firstLane: first * channels, firstElement: first * size))
        }
    }
}

extension NormalizeTensors {
    /// The tensors from an element on.
    func advanced(by count: Int) -> NormalizeTensors {
        unsafe NormalizeTensors(
            x: x + count, y: y + count,
            epilogue: Epilogue(
                residual: epilogue.residual.map { unsafe $0 + count },
                activation: epilogue.activation, mask: epilogue.mask.map { unsafe $0 + count / 8 }))
    }
}

extension BackwardTensors {
    /// The tensors from an element on.
    func advanced(by count: Int) -> BackwardTensors {
        var activation = activation
        if let whole = activation {
            activation = unsafe ActivationBackward(
                activation: whole.activation, gradient: whole.gradient + count,
                mask: whole.mask.map { unsafe $0 + count / 8 },
                residual: whole.residual.map { unsafe $0 + count }, dz: whole.dz + count)
        }
        return unsafe BackwardTensors(
            x: x + count, gradient: gradient + count, activation: activation,
            dx: dx.map { unsafe $0 + count })
    }
}

extension CallAffine {
    /// γ and β from a lane on, the first of a sample.
    func advanced(byLanes count: Int) -> CallAffine {
        guard case .ofSamples(let samples) = self else { return self }
        return .ofSamples(samples.advanced(byLanes: count))
    }
}
