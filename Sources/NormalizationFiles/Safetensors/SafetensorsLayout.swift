/// Where the tensors of a file to be written go, and the bytes before them, from their names, types and
/// shapes alone; so a file can be written a tensor at a time.
///
/// The order of the tensors is that of the reference implementation: the widest types first, then by name.
package struct SafetensorsLayout: Sendable {
    /// The tensors by their index in what was given, in the order of their data.
    package let order: [Int]

    /// The length and the text of the header, padded so that the data begins at a multiple of 8.
    package let header: [UInt8]

    /// The number of bytes behind the header.
    package let dataCount: Int

    /// - Throws: ``FileError/invalidTensorName(file:tensor:)`` where two tensors have one name or one is
    ///   called `__metadata__`, ``FileError/shapeOverflow(file:tensor:shape:)``,
    ///   ``FileError/headerTooLarge(file:limit:found:)``; all of them call the file `file`.
    package init(
        _ tensors: [(name: String, type: SafetensorsType, shape: [Int])],
        metadata: [String: String], file: String
    ) throws(FileError) {
        order = tensors.indices.sorted { one, other in
            let (one, other) = (tensors[one], tensors[other])
            if one.type != other.type { return other.type < one.type }
            return one.name.utf8.lexicographicallyPrecedes(other.name.utf8)
        }
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { "\($0.key.jsonEncoded):\($0.value.jsonEncoded)" }
            members.append(
                "\(SafetensorsHeader.metadataKey.jsonEncoded):{\(texts.joined(separator: ","))}")
        }
        var names: Set<ExactText> = [ExactText(SafetensorsHeader.metadataKey)]
        var end = 0
        for (name, type, shape) in order.map({ tensors[$0] }) {
            guard names.insert(ExactText(name)).inserted else {
                throw .invalidTensorName(file: file, tensor: name)
            }
            let start = end
            let (sum, overflow) = start.addingReportingOverflow(type.byteCount(of: shape) ?? .max)
            guard !overflow else { throw .shapeOverflow(file: file, tensor: name, shape: shape) }
            end = sum
            let dimensions = shape.map(String.init).joined(separator: ",")
            members.append(
                "\(name.jsonEncoded):{\"dtype\":\"\(type.rawValue)\","
                    + "\"shape\":[\(dimensions)],\"data_offsets\":[\(start),\(end)]}")
        }
        dataCount = end
        var text = Array("{\(members.joined(separator: ","))}".utf8)
        text += [UInt8](repeating: 0x20, count: (8 - text.count % 8) % 8)
        guard text.count <= SafetensorsHeader.maximumLength else {
            throw .headerTooLarge(
                file: file, limit: SafetensorsHeader.maximumLength, found: UInt64(text.count))
        }
        let count = text.count
        header = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + text
    }
}
