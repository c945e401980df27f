/// What both formats ask of the dimensions of an array.
enum Shape {
    /// The most dimensions an array may have, as in NumPy.
    static let maximumRank = 64

    /// The product of dimensions, nil where it overflows; a dimension of 0 makes it 0.
    static func count(_ shape: [Int]) -> Int? {
        if shape.contains(0) { return 0 }
        var result = 1
        for dimension in shape {
            let (product, overflow) = result.multipliedReportingOverflow(by: dimension)
            if overflow { return nil }
            result = product
        }
        return result
    }

    /// The product of dimensions, nil where one is negative, there are too many, or it overflows.
    static func validCount(_ shape: [Int]) -> Int? {
        guard shape.allSatisfy({ $0 >= 0 }), shape.count <= maximumRank else { return nil }
        return count(shape)
    }
}
