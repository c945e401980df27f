/// Checks of what a caller passes, on the way from `Int` to OpenBLAS's 32-bit integers. Each is a
/// comparison or two, which vanish where the argument is a constant.
@usableFromInline
enum Arguments {
    /// The largest number OpenBLAS can be passed, and so the most elements of one level-1 call.
    @inlinable static var largest: Int { Int(Int32.max) }

    /// Whether a level-1 routine can take `n` elements in one call. Negative counts cannot; they
    /// are refused where vectors are cut into blocks.
    @inlinable @inline(__always)
    static func fitsOneCall(_ n: Int) -> Bool {
        UInt(bitPattern: n) <= UInt(bitPattern: largest)
    }

    /// An increment of a vector that may run backwards or stand still.
    @inlinable @inline(__always)
    static func increment(_ value: Int, _ name: StaticString, _ routine: StaticString) -> Int32 {
        checked(value, atLeast: -largest, name, routine)
    }

    /// An increment of a vector that may run backwards, but not stand still.
    @inlinable @inline(__always)
    static func nonZeroIncrement(
        _ value: Int, _ name: StaticString, _ routine: StaticString
    ) -> Int32 {
        guard value != 0 else { refuseZero(name, routine) }
        return increment(value, name, routine)
    }

    /// An increment of the only vector of a routine, which runs forwards.
    @inlinable @inline(__always)
    static func positiveIncrement(
        _ value: Int, _ name: StaticString, _ routine: StaticString
    ) -> Int32 {
        checked(value, atLeast: 1, name, routine)
    }

    /// A dimension of a matrix.
    @inlinable @inline(__always)
    static func dimension(_ value: Int, _ name: StaticString, _ routine: StaticString) -> Int32 {
        checked(value, atLeast: 0, name, routine)
    }

    /// The distance between the rows of a matrix, which are `width` long. BLAS wants 1 even where
    /// rows are empty; callers need not know.
    @inlinable @inline(__always)
    static func leadingDimension(
        _ value: Int, width: Int32, _ name: StaticString, _ routine: StaticString
    ) -> Int32 {
        max(1, checked(value, atLeast: Int(width), name, routine))
    }

    /// Stops the program unless `count` elements hold a matrix, whose dimensions have been checked.
    @inlinable @inline(__always)
    static func matrix(
        _ count: Int, rows: Int, leading: Int, width: Int, _ name: StaticString,
        _ leadingName: StaticString, _ routine: StaticString
    ) {
        let columns = Int32(truncatingIfNeeded: width)
        let leading = Int(leadingDimension(leading, width: columns, leadingName, routine))
        let least = rows == 0 || width == 0 ? 0 : (rows - 1) * leading + width
        guard count >= least else { refuseCount(count, least, name, routine) }
    }

    /// Stops the program unless `count` elements hold a vector of n, which has been checked.
    @inlinable @inline(__always)
    static func vector(
        _ count: Int, _ n: Int, increment: Int, _ name: StaticString,
        _ incrementName: StaticString, _ routine: StaticString
    ) {
        let increment = abs(Int(nonZeroIncrement(increment, incrementName, routine)))
        let least = n == 0 ? 0 : (n - 1) * increment + 1
        guard count >= least else { refuseCount(count, least, name, routine) }
    }

    @usableFromInline @inline(never)
    static func refuseCount(
        _ count: Int, _ least: Int, _ name: StaticString, _ routine: StaticString
    ) -> Never {
        fatalError("\(routine): \(name) must have at least \(least) elements, not \(count)")
    }

    @inlinable @inline(__always)
    static func checked(
        _ value: Int, atLeast least: Int, _ name: StaticString, _ routine: StaticString
    ) -> Int32 {
        guard value >= least, value <= largest else {
            refuse(value, atLeast: least, name, routine)
        }
        return Int32(truncatingIfNeeded: value)
    }

    /// Stops the program. Not `precondition`, whose message optimized code drops.
    @usableFromInline @inline(never)
    static func refuse(
        _ value: Int, atLeast least: Int, _ name: StaticString, _ routine: StaticString
    ) -> Never {
        fatalError("\(routine): \(name) must be in \(least)...\(largest), not \(value)")
    }

    @usableFromInline @inline(never)
    static func refuseZero(_ name: StaticString, _ routine: StaticString) -> Never {
        fatalError("\(routine): \(name) must not be 0")
    }
}
