/// Rows on their way past the caches: made in a buffer, which goes to memory in whole lines.
@safe
struct BLASStream<Scalar: NormalizationScalar> {
    private let capacity: Int
    private let buffer: UnsafeMutablePointer<Scalar>
    private let result: UnsafeMutablePointer<Scalar>
    /// Where the first element of the buffer goes.
    private var first = 0
    private var count = 0

    init(
        buffer: UnsafeMutablePointer<Scalar>, capacity: Int, result: UnsafeMutablePointer<Scalar>
    ) {
        self.capacity = capacity
        unsafe self.buffer = buffer
        unsafe self.result = result
    }

    /// The most elements of a row.
    var longest: Int { capacity / 2 }

    /// Room for the next row, of n elements, which goes to `at`.
    @inline(__always)
    mutating func room(for n: Int, at: Int) -> UnsafeMutablePointer<Scalar> {
        if at != first + count {
            send(count)
            (first, count) = (at, 0)
        } else if count + n > capacity {
            sendLines()
        }
        defer { count += n }
        return unsafe buffer + count
    }

    /// Sends what is left.
    func finish() { send(count) }

    /// Sends what is there but for the elements of a line that is not whole yet.
    private mutating func sendLines() {
        let size = MemoryLayout<Scalar>.stride
        let end = unsafe Int(bitPattern: result + (first + count))
        let rest = min(count, end % CacheSizes.line / size)
        send(count - rest)
        unsafe buffer.update(from: buffer + (count - rest), count: rest)
        (first, count) = (first + count - rest, rest)
    }

    private func send(_ count: Int) {
        unsafe NonTemporal.copy(buffer, count, to: result + first)
    }
}
