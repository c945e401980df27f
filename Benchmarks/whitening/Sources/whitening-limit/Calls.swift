import BLAS
import Foundation

import struct Normalization.Geometry

/// The syrk and gemm calls that whitening makes of one tensor, on tiles that are in cache: those of
/// Sources/Normalization/Engines/BLAS/SmallProducts.swift, in the same sizes and as many.
struct Calls {
    private let groupSize: Int
    private let groups: Int
    private let positions: Int
    private let tile: Int
    private let isBackward: Bool
    private let memories: [Memory]

    init(_ geometry: Geometry, groupSize: Int, isBackward: Bool, threads: Int) {
        self.groupSize = groupSize
        self.isBackward = isBackward
        groups = geometry.channels / groupSize
        positions = geometry.valuesPerChannel
        let tile = max(32, 8192 / groupSize / 8 * 8)
        self.tile = tile
        memories = (0..<threads).map { _ in Memory(groupSize, tile) }
    }

    /// Makes all calls, on as many threads: of their own, since Dispatch may run its share one after the other.
    func run(threads: Int) {
        let tiles = (positions + tile - 1) / tile * groups
        let done = DispatchGroup()
        @Sendable func work(_ worker: Int) {
            for index in stride(from: worker, to: tiles, by: threads) {
                let position = index / groups * tile
                memories[worker].multiply(min(tile, positions - position), isBackward)
            }
        }
        for worker in 1..<threads {
            done.enter()
            Thread.detachNewThread {
                work(worker)
                done.leave()
            }
        }
        work(0)
        done.wait()
    }

    /// Two inputs, an output, and matrices, of one thread; written once before they are timed.
    private final class Memory: @unchecked Sendable {
        private let d: Int
        private let leading: Int
        private let tiles: [Double]
        private let matrix: [Double]
        private var result: [Double]
        private var square: [Double]

        init(_ d: Int, _ tile: Int) {
            self.d = d
            leading = tile + 8
            tiles = Array(repeating: 0.5, count: 2 * d * leading)
            result = Array(repeating: 0, count: d * leading)
            matrix = Array(repeating: 0.25, count: 2 * d * d)
            square = Array(repeating: 0, count: d * d)
        }

        func multiply(_ n: Int, _ isBackward: Bool) {
            if isBackward {
                Self.gemm(
                    transB: true, m: d, n: d, k: n, tiles, leading, tiles, leading, &square, d)
                Self.gemm(
                    transB: false, m: d, n: n, k: 2 * d, matrix, 2 * d, tiles, leading, &result,
                    leading)
            } else {
                let depth = max(1, 600_000 / (d * (d + 1)))
                for first in stride(from: 0, to: n, by: depth) {
                    tiles.withUnsafeBufferPointer {
                        Double.syrk(
                            triangle: .upper, n: d, k: min(depth, n - first),
                            $0.baseAddress! + first, lda: leading, beta: 1, &square, ldc: d)
                    }
                }
                Self.gemm(
                    transB: false, m: d, n: n, k: d, matrix, d, tiles, leading, &result, leading)
            }
        }

        private static func gemm(
            transB: Bool, m: Int, n: Int, k: Int, _ a: [Double], _ lda: Int, _ b: [Double],
            _ ldb: Int, _ c: inout [Double], _ ldc: Int
        ) {
            let most = 1 << 18
            let rows = m * n * k > most ? min(m, 64) : m
            let columns = m * n * k > most ? min(n, most / (rows * min(k, 128))) : n
            let depth = m * n * k > most ? min(k, most / (rows * columns)) : k
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    c.withUnsafeMutableBufferPointer { c in
                        for i in stride(from: 0, to: m, by: rows) {
                            for j in stride(from: 0, to: n, by: columns) {
                                for l in stride(from: 0, to: k, by: depth) {
                                    Double.gemm(
                                        transB: transB ? .transposed : .none, m: min(rows, m - i),
                                        n: min(columns, n - j), k: min(depth, k - l),
                                        a.baseAddress! + i * lda + l, lda: lda,
                                        b.baseAddress! + (transB ? j * ldb + l : l * ldb + j),
                                        ldb: ldb, beta: transB || l > 0 ? 1 : 0,
                                        c.baseAddress! + i * ldc + j, ldc: ldc)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
