/// What one `--pair` says: `conv1:bn1`, `layer*.conv1:layer*.bn1`, `up:bn,transposed,groups=2,epsilon=0.001`.
struct PairOption {
    let text: String
    /// The convolution or dense layer.
    let linear: NamePattern
    /// The batch normalization behind it.
    let norm: NamePattern
    private(set) var isTransposed = false
    private(set) var groups = 1
    private(set) var epsilon: Double?

    init(_ text: String) throws(Failure) {
        self.text = text
        func failure(_ expected: String) -> Failure {
            .call("--pair: expected \(expected), got '\(text)'")
        }
        let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let names = words[0].split(separator: ":", omittingEmptySubsequences: false).map(
            String.init)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty }) else {
            throw failure("the names of two layers, such as conv1:bn1")
        }
        guard let linear = NamePattern(names[0]), let norm = NamePattern(names[1]) else {
            throw failure("at most \(NamePattern.mostStars) stars in a name, none beside another")
        }
        guard linear.stars == norm.stars else {
            throw failure("as many stars on both sides, which stand for the same")
        }
        (self.linear, self.norm) = (linear, norm)
        for word in words.dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            switch (parts.first, parts.count) {
            case ("transposed", 1): isTransposed = true
            case ("groups", 2):
                guard let number = Int(parts[1]), number > 0 else {
                    throw failure("groups= to be a number from 1 on")
                }
                groups = number
            case ("epsilon", 2):
                guard let number = Double(parts[1]), number.isFinite, number >= 0 else {
                    throw failure("epsilon= to be a number from 0 on")
                }
                epsilon = number
            default: throw failure("transposed, groups=G or epsilon=E behind the comma")
            }
        }
        guard groups == 1 || isTransposed else {
            throw failure("groups= with transposed alone: other layers do not need it")
        }
    }
}
