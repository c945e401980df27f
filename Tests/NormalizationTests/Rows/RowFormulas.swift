import Normalization
import SeededRandom

/// Data for a layer of rows.
struct RowData {
    var parts: RowParts
    var geometry: RowGeometry
    var x: [Double]
    var g: [Double]

    /// Numbers that `Float` holds exactly.
    init(
        _ geometry: RowGeometry, _ form: AffineForm = .standard, mean: Double = 0.5,
        scaleOffset: Double = 0, using generator: inout SplitMix64
    ) {
        self.geometry = geometry
        x = generator.values(geometry.count, mean: mean)
        g = generator.values(geometry.count)
        let (gamma, beta) = form.parameters(channels: geometry.width, using: &generator)
        parts = RowParts(
            width: geometry.width, gamma: gamma, beta: beta, scaleOffset: scaleOffset)
    }
}

/// What the formulas give in `Double`, and the size of the terms that each number is added up from: a result
/// is right within a few units in the last place of that size.
struct RowFormulas {
    struct Numbers {
        var value: [Double]
        var size: [Double]

        init(_ count: Int) {
            value = Array(repeating: 0, count: count)
            size = value
        }
    }

    var y: Numbers
    var dx: Numbers
    var dgamma: Numbers
    var dbeta: Numbers
    var mean: [Double]
    var squares: [Double]

    init(_ data: RowData, isCentered: Bool) {
        let (parts, geometry) = (data.parts, data.geometry)
        let (width, inner, k) = (geometry.width, geometry.inner, Double(geometry.width))
        (y, dx) = (Numbers(geometry.count), Numbers(geometry.count))
        (dgamma, dbeta) = (Numbers(width), Numbers(width))
        (mean, squares) = ([], [])
        let (scales, shifts) = (parts.scales, parts.shifts)
        for row in 0..<geometry.rows {
            for position in 0..<inner {
                let indices = (0..<width).map { (row * width + $0) * inner + position }
                // Deviations from a mean that was found before, less what rounding took from it.
                let first = isCentered ? data.x[indices[0]] : 0
                let pivot =
                    isCentered ? first + exactSum(indices.map { data.x[$0] - first }) / k : 0
                let offset = isCentered ? exactSum(indices.map { data.x[$0] - pivot }) / k : 0
                let deviations = indices.map { (data.x[$0] - pivot) - offset }
                let m2 = exactSum(deviations.map { $0 * $0 })
                mean.append(pivot + offset)
                squares.append(m2)
                let s = 1 / (m2 / k + parts.epsilon).squareRoot()
                let meanSize = isCentered ? indices.reduce(0) { $0 + abs(data.x[$1]) } / k : 0
                var (p, q, pSize, qSize) = (0.0, 0.0, 0.0, 0.0)
                for (j, i) in indices.enumerated() {
                    let (normalized, z) = (deviations[j] * s, (abs(data.x[i]) + meanSize) * s)
                    y.value[i] = scales[j] * normalized + shifts[j]
                    y.size[i] = abs(scales[j]) * z + abs(shifts[j])
                    let (g, h) = (data.g[i], scales[j] * data.g[i])
                    p += h
                    q += h * normalized
                    pSize += abs(h)
                    qSize += abs(h) * z
                    dgamma.value[j] += g * normalized
                    dgamma.size[j] += abs(g) * z
                    dbeta.value[j] += g
                    dbeta.size[j] += abs(g)
                }
                for (j, i) in indices.enumerated() {
                    let (normalized, z) = (deviations[j] * s, (abs(data.x[i]) + meanSize) * s)
                    let h = scales[j] * data.g[i]
                    dx.value[i] = s * (h - (isCentered ? p / k : 0) - normalized * q / k)
                    dx.size[i] =
                        s * (abs(h) + (isCentered ? pSize / k : 0) + z * qSize / k)
                }
            }
        }
    }
}

/// A sum that carries what rounding dropped.
private func exactSum(_ values: [Double]) -> Double {
    var (sum, dropped) = (0.0, 0.0)
    for value in values {
        let next = sum + value
        dropped += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
        sum = next
    }
    return sum + dropped
}

extension RowSubject {
    /// Units in the last place that a result may be away, of the size of its terms. The BLAS engine's sums
    /// are in the element type: 1024 values in 32 lanes.
    var units: Double { engine == .blas ? 24 : 6 }

    /// What is wrong with numbers, or `nil`.
    func difference(_ name: String, _ found: [Double]?, _ expected: RowFormulas.Numbers) -> String?
    {
        guard let found, found.count == expected.value.count else {
            return "\(name): \(found?.count ?? -1) numbers for \(expected.value.count)"
        }
        for i in found.indices {
            let bound = units * 2 * element.unitRoundoff * expected.size[i]
            if !(abs(found[i] - expected.value[i]) <= bound) {
                return "\(name)[\(i)]: \(found[i]) for \(expected.value[i]), bound \(bound)"
            }
        }
        return nil
    }
}
