import NormalizationFiles

/// What is fuzzed, by the name of the folder of its corpus. Each takes any bytes, and either works or
/// meets an error of the library; a crash, or a broken promise (`precondition`), is a defect.
let fuzzEntries: [String: @Sendable ([UInt8]) -> Void] = [
    "npy": fuzzNpy,
    "safetensors": fuzzSafetensors,
    "layer": fuzzLayer,
    "folding": fuzzFolding,
]

/// Reads bytes as a `.npy` file; what is accepted must survive writing and reading.
@Sendable
func fuzzNpy(_ bytes: [UInt8]) {
    do throws(FileError) {
        let file = try NpyFile(parsing: bytes)
        precondition(file.shape.allSatisfy { $0 >= 0 })
        switch file {
        case .float16(let array): try check(array, within: bytes.count)
        case .float32(let array): try check(array, within: bytes.count)
        case .float64(let array): try check(array, within: bytes.count)
        case .bool(let array): try check(array, within: bytes.count)
        case .uint8(let array): try check(array, within: bytes.count)
        case .int8(let array): try check(array, within: bytes.count)
        case .uint16(let array): try check(array, within: bytes.count)
        case .int16(let array): try check(array, within: bytes.count)
        case .uint32(let array): try check(array, within: bytes.count)
        case .int32(let array): try check(array, within: bytes.count)
        case .uint64(let array): try check(array, within: bytes.count)
        case .int64(let array): try check(array, within: bytes.count)
        }
    } catch { precondition(!error.description.isEmpty) }
}

private func check<Element: NpyElement>(
    _ array: NpyArray<Element>, within size: Int
) throws(FileError) {
    precondition(array.values.count * MemoryLayout<Element>.stride <= size)
    let encoded = array.encoded()
    let again = try NpyArray<Element>(parsing: encoded)
    // Bytes, since a NaN is not equal to itself.
    precondition(again.shape == array.shape && again.encoded() == encoded)
}

/// Reads bytes as a `.safetensors` file, then every tensor and every layer of it in every way there
/// is.
@Sendable
func fuzzSafetensors(_ bytes: [UInt8]) {
    do throws(FileError) {
        let file = try SafetensorsFile(parsing: bytes)
        var total = 0
        for entry in file.entries {
            precondition(file.entry(named: entry.name) == entry)
            let tensor = try file.tensor(entry.name)
            precondition(tensor.bytes.count == entry.byteRange.count)
            total += tensor.bytes.count
            refuseOrRead { () throws(FileError) in
                _ = try file.values(of: entry.name, as: Float.self)
            }
            refuseOrRead { () throws(FileError) in
                _ = try file.values(of: entry.name, as: Double.self)
            }
            refuseOrRead { () throws(FileError) in _ = try file.integers(of: entry.name) }
        }
        precondition(total <= bytes.count)
        for layer in file.batchNorms {
            precondition(layer.channels > 0)
            for isAffine in [true, false] {
                refuseOrRead { () throws(FileError) in
                    _ = try file.batchNorm(layer.prefix, as: Float.self, isAffine: isAffine)
                }
            }
        }
        for entry in file.normalizations {
            precondition(!entry.kinds.isEmpty && !entry.description.isEmpty)
        }
        for prefix in Set(file.entries.map { $0.name.prefix { $0 != "." } }).map(String.init) {
            refuseOrRead { () throws(FileError) in
                _ = try file.layerNorm(prefix, as: Float.self, epsilon: 1)
            }
            refuseOrRead { () throws(FileError) in
                _ = try file.rmsNorm(prefix, as: Double.self)
            }
            refuseOrRead { () throws(FileError) in
                _ = try file.groupNorm(prefix, as: Float.self, groups: 2)
            }
        }
        refuseOrRead { () throws(FileError) in _ = try file.values(of: "", as: Float.self) }
    } catch { precondition(!error.description.isEmpty) }
}

private func refuseOrRead(_ body: () throws(FileError) -> Void) {
    do throws(FileError) { try body() } catch { precondition(!error.description.isEmpty) }
}
