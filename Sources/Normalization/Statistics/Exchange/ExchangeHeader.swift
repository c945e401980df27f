/// What each rank says before a synchronized call computes anything: 64 bytes, whatever the call.
struct ExchangeHeader: Equatable {
    /// The calls that ranks make together.
    enum Operation: Int {
        case statistics = 1
        case gradientSums
        case forward
        case backward
        case renormalizedForward
        case sampleForward
        case sampleBackward
        case maskedForward
        case maskedBackward
    }

    static let wordCount = 8
    static let currentVersion = 1

    private(set) var version = currentVersion
    private(set) var operation: Int
    /// How many collectives the rank had begun.
    var collective = 0
    private(set) var channels: Int
    /// Whether the rank's arguments do not fit.
    var isRefusing = false
    /// The rank's values per channel.
    var count = 0
    /// ``Fingerprint`` of what must be alike and has no field.
    private(set) var settings: Int

    init(_ operation: Operation, channels: Int, settings: Fingerprint) {
        self.operation = operation.rawValue
        self.channels = channels
        self.settings = settings.value
    }

    /// The header as it is sent; the last word is for what may come.
    var words: [Int] {
        [version, operation, collective, channels, isRefusing ? 1 : 0, count, settings, 0]
    }

    /// The header of a rank, in what was gathered.
    init(ofRank rank: Int, in words: [Int]) {
        let first = rank * Self.wordCount
        version = words[first]
        operation = words[first + 1]
        collective = words[first + 2]
        channels = words[first + 3]
        isRefusing = words[first + 4] != 0
        count = words[first + 5]
        settings = words[first + 6]
    }

    /// Throws unless a rank that sent `other` makes the same call as the one of this header, rank 0.
    func check(_ other: ExchangeHeader, ofRank rank: Int) throws(ExchangeFailure) {
        for (term, expected, actual) in [
            (ExchangeFailure.Term.version, version, other.version),
            (.operation, operation, other.operation),
            (.collective, collective, other.collective),
            (.channels, channels, other.channels),
            (.settings, settings, other.settings),
        ] where expected != actual {
            throw .mismatch(rank: rank, term, expected: expected, actual: actual)
        }
        guard other.count >= 0 else {
            throw .mismatch(rank: rank, .count, expected: max(0, count), actual: other.count)
        }
    }
}
