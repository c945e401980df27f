#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension FileError: CustomStringConvertible {
    /// One line: the file, what was expected and what came.
    public var description: String {
        switch self {
        case .system(let file, let operation, let code):
            "\(printable(file)): cannot \(operation.rawValue): \(systemMessage(code))"
        case .notRegularFile(let file, let kind):
            "\(printable(file)): expected a regular file, found \(kind)"
        case .outOfMemory(let file, let bytes):
            "\(printable(file)): its data needs \(bytes) bytes of memory, more than there are"
        case .badMagic(let file, let expected, let found):
            "\(printable(file)): expected a file that begins with \(hex(expected)), "
                + "found \(found.isEmpty ? "an empty file" : hex(found))"
        case .archive(let file):
            "\(printable(file)): expected one array, found a zip archive: an .npz holds several, "
                + "each as an .npy file to unzip"
        case .otherFormat(let file, let expected, let found):
            "\(printable(file)): expected \(expected), found \(found)"
        case .unsupportedVersion(let file, let major, let minor):
            "\(printable(file)): expected format version 1.0, 2.0 or 3.0, found \(major).\(minor)"
        case .headerTooLarge(let file, let limit, let found):
            "\(printable(file)): expected a header of at most \(limit) bytes, found one of \(found)"
        case .truncated(let file, let part, let expected, let found):
            "\(printable(file)): truncated in its \(part.rawValue): "
                + "expected \(expected) bytes, found \(found)"
        case .trailingBytes(let file, let expected, let found):
            "\(printable(file)): expected \(expected) bytes, found \(found): "
                + "there are bytes after the data"
        case .malformedHeader(let file, let offset, let expected, let found):
            "\(printable(file)): header, byte \(offset): "
                + "expected \(printable(expected)), found \(printable(found))"
        case .elementType(let file, let tensor, let expected, let found):
            "\(printable(file)): \(named(tensor))expected elements of type "
                + "\(expected.joined(separator: ", ")), found \(printable(found))"
        case .shapeOverflow(let file, let tensor, let shape):
            "\(printable(file)): \(named(tensor))expected a size that fits in 64 bits, "
                + "found shape \(tuple(shape))"
        case .invalidShape(let shape, let count):
            "expected a shape of \(count) elements in at most \(Shape.maximumRank) dimensions, "
                + "found \(tuple(shape))"
        case .tensorSize(let file, let tensor, let shape, let expected, let found):
            "\(printable(file)): \(named(tensor))expected \(expected) bytes "
                + "for shape \(tuple(shape)), found \(found)"
        case .tensorOffset(let file, let tensor, let expected, let found):
            "\(printable(file)): \(named(tensor))expected its data to begin at byte \(expected), "
                + "where the tensor before it ends, found byte \(found)"
        case .missingTensor(let file, let tensor):
            "\(printable(file)): expected a tensor \"\(printable(tensor))\", found none"
        case .missingLayer(let file, let prefix, let similar):
            "\(printable(file)): expected a layer \"\(printable(prefix))\", found none"
                + (similar.isEmpty
                    ? ", nor another normalization"
                    : "; there is " + similar.map { "\"\(printable($0))\"" }.joined(separator: ", "))
        case .layerSettings(let file, let prefix, let found):
            "\(printable(file)): layer \"\(printable(prefix))\": expected settings such as "
                + "\"epsilon=0.001 decay=0.99\", found \"\(printable(found))\""
        case .notWhole(let file, let tensor, let value):
            "\(printable(file)): \(named(tensor))expected a whole number, found \(value)"
        case .invalidTensorName(let file, let tensor):
            "\(printable(file)): \(named(tensor))expected a name of its own "
                + "other than \"__metadata__\""
        case .repeatedTensor(let file, let tensor, let other):
            "\(printable(file)): \(named(tensor))expected in one file of the model, found in "
                + "\(printable(other)), too"
        case .overflow(let file, let tensor, let index, let value):
            "\(printable(file)): \(named(tensor))expected numbers in the range of Float, "
                + "found \(value) at index \(index)"
        case .inexactElement(let index, let value, let type):
            "element \(index): expected a number that \(type) holds, found \(value)"
        case .layerKind(let file, let prefix, let expected, let found):
            "\(printable(file)): layer \"\(printable(prefix))\": expected a \(expected.rawValue) norm, "
                + "found metadata that say \(found.rawValue) norm"
        case .missingSetting(let file, let prefix, let setting):
            "\(printable(file)): layer \"\(printable(prefix))\": expected its \(setting) from the caller, "
                + "since the file does not say it"
        case .unexpectedTensor(let file, let tensor, let expected):
            "\(printable(file)): \(named(tensor))expected none but "
                + expected.map { "\"\(printable($0))\"" }.joined(separator: ", ")
        case .tensorShape(let file, let tensor, let expected, let found):
            "\(printable(file)): \(named(tensor))expected shape "
                + "\(expected.map(tuple).joined(separator: " or ")), found \(tuple(found))"
        case .ambiguousNames(let file, let prefix):
            "\(printable(file)): layer \"\(printable(prefix))\": "
                + "expected the names of one framework, found those of two"
        case .invalidLayer(let file, let prefix, let reason):
            "\(printable(file)): layer \"\(printable(prefix))\": \(reason)"
        }
    }
}

/// The system's words for an error number.
private func systemMessage(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    return unsafe buffer.withUnsafeMutableBufferPointer { buffer in
        let known = unsafe strerror_r(code, buffer.baseAddress!, buffer.count) == 0
        return known ? unsafe String(cString: buffer.baseAddress!) : "error \(code)"
    }
}

/// `text` with control characters escaped, cut where it is too long to read.
private func printable(_ text: String) -> String {
    let limit = 200
    var result = ""
    for scalar in text.unicodeScalars.prefix(limit) {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
            result += "\\u{" + String(scalar.value, radix: 16) + "}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return text.unicodeScalars.count > limit ? result + "…" : result
}

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
}

private func tuple(_ shape: [Int]) -> String {
    let shown = shape.prefix(32).map(String.init).joined(separator: ", ")
    return shape.count > 32 ? "(\(shown), …)" : "(\(shown))"
}

private func named(_ tensor: String?) -> String {
    guard let tensor else { return "" }
    return "tensor \"\(printable(tensor))\": "
}
