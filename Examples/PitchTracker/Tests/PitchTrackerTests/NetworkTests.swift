import NormalizationFiles
import PitchTracker
import Testing

@Suite struct NetworkTests {
    static let network = Result { try CrepeNetwork() }
    static let folded = Result { try CrepeNetwork(folded: true) }

    /// The bound that the network promises; what is measured is 4e-7.
    @Test(arguments: ["frames", "glide"], [false, true])
    func probabilitiesAgreeWithTorchcrepeTo1e4(_ name: String, isFolded: Bool) throws {
        let frames = try fixture("\(name)_normalized", as: Float.self)
        let expected = try fixture("\(name)_probabilities", as: Float.self)
        var workspace = Workspace()
        let network = try (isFolded ? Self.folded : Self.network).get()
        let found = try network.probabilities(of: frames.values, in: &workspace)
        try #require(found.count == expected.values.count)
        for (index, (found, expected)) in zip(found, expected.values).enumerated() {
            #expect(
                abs(found - expected) <= 1e-4,
                "frame \(index / 360), bin \(index % 360): \(found), expected \(expected)")
        }
    }

    @Test func foldedNetworkSpendsNoTimeOnNormalization() throws {
        var workspace = Workspace()
        let frames = try fixture("frames_normalized", as: Float.self).values
        _ = try Self.folded.get().probabilities(of: frames, in: &workspace)
        #expect(workspace.times.normalization == .zero)
    }

    @Test func aWorkspaceUsedBeforeChangesNothing() throws {
        let frames = try fixture("frames_normalized", as: Float.self).values
        let glide = try fixture("glide_normalized", as: Float.self).values
        var (used, fresh) = (Workspace(), Workspace())
        let network = try Self.network.get()
        _ = try network.probabilities(of: glide, in: &used)
        #expect(
            try network.probabilities(of: frames, in: &used)
                == network.probabilities(of: frames, in: &fresh))
    }

    @Test func noFramesHaveNoProbabilities() throws {
        var workspace = Workspace()
        #expect(try Self.network.get().probabilities(of: [], in: &workspace) == [])
    }

    @Test func framesOfAnotherLengthAreRefused() throws {
        var workspace = Workspace()
        #expect(throws: PitchError.frameLength(count: 1025)) {
            try Self.network.get().probabilities(
                of: [Float](repeating: 0, count: 1025), in: &workspace)
        }
    }

    @Test func missingTensorIsNamed() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("weights.safetensors")
        let tensor = try SafetensorsTensor(name: "other", shape: [1], values: [Float(1)])
        try SafetensorsFile.write([tensor], to: path)
        #expect(
            throws: PitchError.file(.missingTensor(file: path, tensor: "conv1.weight"))
        ) { try CrepeNetwork(weights: path) }
    }

    @Test func misshapenTensorIsNamed() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("weights.safetensors")
        let tensor = try SafetensorsTensor(
            name: "conv1.weight", shape: [2, 1], values: [1, 2] as [Float])
        try SafetensorsFile.write([tensor], to: path)
        #expect(
            throws: PitchError.weightShape(
                tensor: "conv1.weight", expected: [128, 1, 512, 1], found: [2, 1])
        ) { try CrepeNetwork(weights: path) }
    }
}
