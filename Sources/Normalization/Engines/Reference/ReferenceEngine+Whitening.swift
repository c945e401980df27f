/// Whitening by the formulas, one number at a time, in `Double` with compensated sums.
extension ReferenceEngine: WhiteningEngine {
    static func scratchCount(for grid: WhiteningGrid) -> Int { grid.groupSize }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func addProducts<Scalar: NormalizationScalar>(
        of x: UnsafePointer<Scalar>, minus center: UnsafePointer<Double>, _ block: WhiteningBlock,
        into sums: ProductSums, scratch: UnsafeMutablePointer<Double>
    ) {
        let (d, first, grid) = (block.order, block.firstChannel, block.grid)
        for i in 0..<d {
            var sum = CompensatedSum()
            for p in block.positions {
                unsafe sum.add(Double(x[grid.index(p, first + i)]) - center[first + i])
            }
            unsafe sums.sum[i] += sum.value
            for j in i..<d {
                var product = CompensatedSum()
                for p in block.positions {
                    let a = unsafe Double(x[grid.index(p, first + i)]) - center[first + i]
                    let b = unsafe Double(x[grid.index(p, first + j)]) - center[first + j]
                    product.add(a * b)
                }
                unsafe sums.products[i * d + j] += product.value
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func addProducts<Scalar: NormalizationScalar>(
        of gradient: UnsafePointer<Scalar>, with x: UnsafePointer<Scalar>,
        minus center: UnsafePointer<Double>, _ block: WhiteningBlock, into sums: ProductSums,
        scratch: UnsafeMutablePointer<Double>
    ) {
        let (d, first, grid) = (block.order, block.firstChannel, block.grid)
        for i in 0..<d {
            var sum = CompensatedSum()
            for p in block.positions {
                unsafe sum.add(Double(gradient[grid.index(p, first + i)]))
            }
            unsafe sums.sum[i] += sum.value
            for j in 0..<d {
                var product = CompensatedSum()
                for p in block.positions {
                    let g = unsafe Double(gradient[grid.index(p, first + i)])
                    let u = unsafe Double(x[grid.index(p, first + j)]) - center[first + j]
                    product.add(g * u)
                }
                unsafe sums.products[i * d + j] += product.value
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func write<Scalar: NormalizationScalar>(
        _ output: WhiteningOutput<Scalar>, _ block: WhiteningBlock,
        scratch: UnsafeMutablePointer<Double>
    ) {
        let (d, first, grid) = (block.order, block.firstChannel, block.grid)
        let (matrix, width) = unsafe (output.matrix(block.group, order: d), output.inputs * d)
        for p in block.positions {
            for i in 0..<d {
                var sum = CompensatedSum()
                for j in 0..<d {
                    let index = grid.index(p, first + j)
                    let a =
                        unsafe Double(output.first.values[index]) - output.first.center[first + j]
                    unsafe sum.add(matrix[i * width + j] * a)
                    if let second = output.second {
                        let b = unsafe Double(second.values[index]) - second.center[first + j]
                        unsafe sum.add(matrix[i * width + d + j] * b)
                    }
                }
                unsafe scratch[i] = sum.value + output.shift[first + i]
            }
            // Once all is read: the output may be where an input is.
            for i in 0..<d { unsafe output.output[grid.index(p, first + i)] = Scalar(scratch[i]) }
        }
    }
}
