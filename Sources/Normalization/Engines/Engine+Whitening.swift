extension Engine {
    /// The engine that runs for whitening: `reference` where it is asked for, else `blas`. Products of matrices
    /// are what BLAS is for; the fused kernels have none.
    public var chosenForWhitening: Engine { self == .reference ? .reference : .blas }

    var whiteningPasses: any WhiteningEngine.Type {
        chosenForWhitening == .reference ? ReferenceEngine.self : BLASEngine.self
    }
}
