extension DecodingError {
    /// What a decoder says of numbers that fit together badly.
    static func invalid(_ error: NormalizationError, _ decoder: any Decoder) -> DecodingError {
        .dataCorrupted(
            Context(
                codingPath: decoder.codingPath, debugDescription: error.description,
                underlyingError: error))
    }
}
