// The one door from spans to pointers. A pointer stays within the closure that gets it: what is written
// through one that has left it, the optimizer does not see.

/// Calls `body` with the memory of a span, if there is one.
func withBuffer<Element, Result>(
    of span: Span<Element>?,
    _ body: (UnsafeBufferPointer<Element>?) throws(NormalizationError) -> Result
) throws(NormalizationError) -> Result {
    guard let span else { return try body(nil) }
    return try unsafe span.withUnsafeBufferPointer { buffer throws(NormalizationError) in
        try unsafe body(buffer)
    }
}

/// Calls `body` with the memory of a mutable span, if there is one.
func withMutableBuffer<Element, Result>(
    of span: consuming MutableSpan<Element>?,
    _ body: (UnsafeMutableBufferPointer<Element>?) throws(NormalizationError) -> Result
) throws(NormalizationError) -> Result {
    guard var span else { return try body(nil) }
    return try unsafe span.withUnsafeMutableBufferPointer { buffer throws(NormalizationError) in
        try unsafe body(buffer)
    }
}

/// The memory of a tensor that is read.
@safe
struct TensorBuffer<Scalar: NormalizationScalar> {
    /// Not there where the tensor is empty.
    let start: TensorPointer<Scalar>?
    fileprivate let memory: UnsafeRawBufferPointer
    let count: Int

    init<Element: NormalizationElement>(_ buffer: UnsafeBufferPointer<Element>)
    where Element.Arithmetic == Scalar {
        unsafe memory = UnsafeRawBufferPointer(buffer)
        count = buffer.count
        unsafe start = memory.baseAddress.map { unsafe TensorPointer($0, Element.format) }
    }

    init(_ buffer: MutableTensorBuffer<Scalar>) {
        unsafe memory = buffer.memory
        count = buffer.count
        unsafe start = buffer.start?.reading
    }
}

/// The memory of a tensor that is written.
@safe
struct MutableTensorBuffer<Scalar: NormalizationScalar> {
    /// Not there where the tensor is empty.
    let start: MutableTensorPointer<Scalar>?
    fileprivate let memory: UnsafeRawBufferPointer
    let count: Int

    init<Element: NormalizationElement>(_ buffer: UnsafeMutableBufferPointer<Element>)
    where Element.Arithmetic == Scalar {
        unsafe memory = UnsafeRawBufferPointer(buffer)
        count = buffer.count
        unsafe start = UnsafeMutableRawPointer(buffer.baseAddress).map {
            unsafe MutableTensorPointer($0, Element.format)
        }
    }
}

/// The memory of one argument of a call, by the name that errors use.
@safe
struct CallBuffer {
    let argument: NormalizationError.Argument
    private let memory: UnsafeRawBufferPointer
    private let count: Int

    init<Element>(_ argument: NormalizationError.Argument, _ buffer: UnsafeBufferPointer<Element>) {
        self.argument = argument
        unsafe memory = UnsafeRawBufferPointer(buffer)
        count = buffer.count
    }

    init<Element>(
        _ argument: NormalizationError.Argument, _ buffer: UnsafeMutableBufferPointer<Element>
    ) {
        unsafe self.init(argument, UnsafeBufferPointer(buffer))
    }

    init<Scalar>(_ argument: NormalizationError.Argument, _ buffer: TensorBuffer<Scalar>) {
        self.argument = argument
        unsafe memory = buffer.memory
        count = buffer.count
    }

    init<Scalar>(_ argument: NormalizationError.Argument, _ buffer: MutableTensorBuffer<Scalar>) {
        self.argument = argument
        unsafe memory = buffer.memory
        count = buffer.count
    }

    /// Throws unless there are `count` elements. They begin where one may: no span begins elsewhere.
    func check(count expected: Int) throws(NormalizationError) {
        guard count == expected else {
            throw .wrongLength(argument, expected: expected, actual: count)
        }
    }

    /// Throws where the two share memory, unless they are the same buffer and that is allowed.
    func checkOverlap(
        with other: CallBuffer, allowingSame: Bool
    ) throws(NormalizationError) {
        guard let start = unsafe memory.baseAddress,
            let otherStart = unsafe other.memory.baseAddress
        else { return }
        if unsafe allowingSame && start == otherStart { return }
        if unsafe start < otherStart + other.memory.count && otherStart < start + memory.count {
            throw .overlap(argument, other.argument)
        }
    }
}
