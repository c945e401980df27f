internal import CSamplerate

/// Conversion of one channel to 16 kHz, piece by piece, by libsamplerate's band-limited sinc
/// interpolation of medium quality (signal-to-noise ratio 121 dB).
@safe
package struct Resampler: ~Copyable {
    private let state: OpaquePointer
    private let ratio: Double
    private var output: [Float]

    /// A converter from `sampleRate` in Hz.
    ///
    /// - Throws: ``PitchError/sampleRate(hertz:)``, ``PitchError/resampling(reason:)``.
    package init(from sampleRate: Int) throws(PitchError) {
        let ratio = Double(Sound.sampleRate) / Double(sampleRate)
        guard sampleRate > 0, src_is_valid_ratio(ratio) != 0 else {
            throw .sampleRate(hertz: sampleRate)
        }
        var code: Int32 = 0
        guard let state = unsafe src_new(Int32(SRC_SINC_MEDIUM_QUALITY), 1, &code) else {
            throw .resampling(reason: unsafe String(cString: src_strerror(code)))
        }
        unsafe self.state = unsafe state
        self.ratio = ratio
        output = Array(repeating: 0, count: 65_536)
    }

    deinit { _ = unsafe src_delete(state) }

    /// Converts `input`, the samples that follow those of the call before, and appends what is
    /// ready of the result; with `isLast`, the rest of it.
    ///
    /// - Throws: ``PitchError/resampling(reason:)``.
    package mutating func convert(
        _ input: [Float], isLast: Bool, appendingTo result: inout [Float]
    ) throws(PitchError) {
        if ratio == 1 { return result.append(contentsOf: input) }
        var consumed = 0
        while true {
            var (code, used, made): (Int32, Int, Int) = (0, 0, 0)
            unsafe input.withUnsafeBufferPointer { source in
                unsafe output.withUnsafeMutableBufferPointer { target in
                    var data = unsafe SRC_DATA()
                    // An empty input still needs an address.
                    unsafe data.data_in =
                        source.baseAddress.map { unsafe $0 + consumed }
                        ?? UnsafePointer(target.baseAddress)
                    unsafe data.input_frames = source.count - consumed
                    unsafe data.data_out = target.baseAddress
                    unsafe data.output_frames = target.count
                    unsafe data.end_of_input = isLast ? 1 : 0
                    unsafe data.src_ratio = ratio
                    code = unsafe src_process(state, &data)
                    (used, made) = unsafe (data.input_frames_used, data.output_frames_gen)
                }
            }
            guard code == 0 else {
                throw .resampling(reason: unsafe String(cString: src_strerror(code)))
            }
            consumed += used
            result.append(contentsOf: output[..<made])
            if used == 0 && made == 0 || !isLast && consumed == input.count && made < output.count {
                return
            }
        }
    }
}
