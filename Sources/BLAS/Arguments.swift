/// Checks of what a caller passes, on the way from `Int` to OpenBLAS's 32-bit integers. Each is a
/// comparison or two, which vanish where the argument is a constant.
@usableFromInline
enum Arguments {
    /// The most elements one level-1 call takes.
    @inlinable static var longestBlock: Int { Int(Int32.max) }

    /// Whether a level-1 routine can take `n` elements in one call. Negative counts cannot, and
    /// are refused where vectors are cut into blocks.
    @inlinable @inline(__always)
    static func fitsOneBlock(_ n: Int) -> Bool {
        UInt(bitPattern: n) <= UInt(bitPattern: longestBlock)
    }

    /// An increment of a vector that may run backwards or stand still.
    @inlinable @inline(__always)
    static func increment(_ value: Int, _ name: StaticString, _ routine: StaticString) -> Int32 {
        guard let increment = Int32(exactly: value), increment != .min else {
            refuse(value, name, routine, "within 32 bits")
        }
        return increment
    }

    /// An increment of a vector that is written, or that level 2 reads, which may run backwards.
    @inlinable @inline(__always)
    static func nonZeroIncrement(
        _ value: Int, _ name: StaticString, _ routine: StaticString
    ) -> Int32 {
        guard value != 0 else { refuse(value, name, routine, "other than 0") }
        return increment(value, name, routine)
    }

    /// An increment of the only vector of a routine, which runs forwards.
    @inlinable @inline(__always)
    static func positiveIncrement(
        _ value: Int, _ name: StaticString, _ routine: StaticString
    ) -> Int32 {
        guard value > 0 else { refuse(value, name, routine, "positive") }
        return increment(value, name, routine)
    }

    /// A dimension of a matrix.
    @inlinable @inline(__always)
    static func dimension(_ value: Int, _ name: StaticString, _ routine: StaticString) -> Int32 {
        guard value >= 0, let dimension = Int32(exactly: value) else {
            refuse(value, name, routine, "in 0...\(Int32.max)")
        }
        return dimension
    }

    /// The distance between the rows of a matrix, which are `width` long.
    @inlinable @inline(__always)
    static func leadingDimension(
        _ value: Int, width: Int32, _ name: StaticString, _ routine: StaticString
    ) -> Int32 {
        guard let leading = Int32(exactly: value), leading >= max(1, width) else {
            refuse(value, name, routine, "in \(max(1, width))...\(Int32.max)")
        }
        return leading
    }

    /// Stops the program. Not `precondition`, whose message optimized code drops.
    @usableFromInline @inline(never)
    static func refuse(
        _ value: Int, _ name: StaticString, _ routine: StaticString,
        _ expected: @autoclosure () -> String
    ) -> Never {
        fatalError("\(routine): \(name) must be \(expected()), not \(value)")
    }
}
