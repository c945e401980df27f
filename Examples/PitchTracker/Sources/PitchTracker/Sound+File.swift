internal import CSndfile

extension Sound {
    /// Reads an audio file of any format that libsndfile reads (WAV, FLAC, Ogg, AIFF, MP3, …), of
    /// any number of channels and any sample rate. Channels are averaged, and the rate is converted
    /// to 16 kHz. The file is read in pieces, so only the converted sound is held in memory.
    ///
    /// - Throws: ``PitchError/unreadableAudio(file:reason:)``, ``PitchError/noSamples(file:)``,
    ///   ``PitchError/sampleNotFinite(file:index:)``, ``PitchError/sampleRate(hertz:)``,
    ///   ``PitchError/resampling(reason:)``.
    public init(contentsOf path: String) throws(PitchError) {
        let file = try AudioFile(path)
        var resampler = try Resampler(from: file.sampleRate)
        var (samples, read): ([Float], Int) = ([], 0)
        while true {
            let piece = file.nextMono()
            if let bad = piece.firstIndex(where: { !$0.isFinite }) {
                throw .sampleNotFinite(file: path, index: read + bad)
            }
            read += piece.count
            try resampler.convert(piece, isLast: piece.isEmpty, appendingTo: &samples)
            if piece.isEmpty { break }
        }
        try file.checkForErrors()
        guard read > 0 else { throw .noSamples(file: path) }
        self.init(samples: samples)
    }
}

/// An audio file open for reading.
@safe
private struct AudioFile: ~Copyable {
    let sampleRate: Int
    private let channels: Int
    private let path: String
    private let handle: OpaquePointer

    /// Frames of all channels read at once.
    private static let pieceLength = 8192

    init(_ path: String) throws(PitchError) {
        var info = SF_INFO()
        guard let handle = unsafe sf_open(path, Int32(SFM_READ), &info) else {
            throw .unreadableAudio(file: path, reason: unsafe String(cString: sf_strerror(nil)))
        }
        unsafe self.handle = unsafe handle
        self.path = path
        sampleRate = Int(info.samplerate)
        channels = Int(info.channels)
    }

    deinit { _ = unsafe sf_close(handle) }

    /// The next samples, each the mean of its channels; none at the end of the file.
    func nextMono() -> [Float] {
        var interleaved = [Float](repeating: 0, count: AudioFile.pieceLength * channels)
        let frames = unsafe interleaved.withUnsafeMutableBufferPointer { buffer in
            unsafe Int(sf_readf_float(handle, buffer.baseAddress, Int64(AudioFile.pieceLength)))
        }
        return (0..<max(0, frames)).map { frame in
            interleaved[frame * channels..<(frame + 1) * channels].reduce(0, +) / Float(channels)
        }
    }

    func checkForErrors() throws(PitchError) {
        guard unsafe sf_error(handle) == 0 else {
            throw .unreadableAudio(file: path, reason: unsafe String(cString: sf_strerror(handle)))
        }
    }
}
