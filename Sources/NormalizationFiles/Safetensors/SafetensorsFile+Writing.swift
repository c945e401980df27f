extension SafetensorsFile {
    /// Writes a file of `tensors` and `metadata` to `path`.
    ///
    /// The order of the tensors in the file is that of the reference implementation: the widest
    /// types first, then by name. The file appears whole or not at all; see ``AtomicFile``.
    ///
    /// - Throws: ``FileError/invalidTensorName(file:tensor:)`` where two tensors have one name or
    ///   one is called `__metadata__`, or what the system refuses; the file then stays as it was.
    public static func write(
        _ tensors: [SafetensorsTensor], metadata: [String: String] = [:], to path: String
    ) throws(FileError) {
        let tensors = tensors.sorted(by: comesFirst)
        let header = try encodedHeader(of: tensors, metadata: metadata, name: path)
        var file = try AtomicFile(path)
        try file.write(header)
        for tensor in tensors { try file.write(tensor.bytes) }
        try file.commit()
    }

    /// The bytes of the file that ``write(_:metadata:to:)`` writes; errors call it `name`.
    ///
    /// - Throws: ``FileError/invalidTensorName(file:tensor:)``,
    ///   ``FileError/headerTooLarge(file:limit:found:)``.
    public static func encoded(
        _ tensors: [SafetensorsTensor], metadata: [String: String] = [:], name: String = "bytes"
    ) throws(FileError) -> [UInt8] {
        let tensors = tensors.sorted(by: comesFirst)
        return try tensors.reduce(
            into: encodedHeader(of: tensors, metadata: metadata, name: name)
        ) { $0 += $1.bytes }
    }

    private static func comesFirst(_ one: SafetensorsTensor, _ other: SafetensorsTensor) -> Bool {
        if one.type != other.type { return other.type < one.type }
        return one.name.utf8.lexicographicallyPrecedes(other.name.utf8)
    }

    /// The length and the text of the header, padded so that the data begins at a multiple of 8.
    private static func encodedHeader(
        of tensors: [SafetensorsTensor], metadata: [String: String], name: String
    ) throws(FileError) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { "\($0.key.jsonEncoded):\($0.value.jsonEncoded)" }
            members.append(
                "\(SafetensorsHeader.metadataKey.jsonEncoded):{\(texts.joined(separator: ","))}")
        }
        var names: Set<ExactText> = [ExactText(SafetensorsHeader.metadataKey)]
        var end = 0
        for tensor in tensors {
            guard names.insert(ExactText(tensor.name)).inserted else {
                throw .invalidTensorName(file: name, tensor: tensor.name)
            }
            let start = end
            end += tensor.bytes.count
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(tensor.name.jsonEncoded):{\"dtype\":\"\(tensor.type.rawValue)\","
                    + "\"shape\":[\(shape)],\"data_offsets\":[\(start),\(end)]}")
        }
        var text = Array("{\(members.joined(separator: ","))}".utf8)
        text += [UInt8](repeating: 0x20, count: (8 - text.count % 8) % 8)
        guard text.count <= SafetensorsHeader.maximumLength else {
            throw .headerTooLarge(
                file: name, limit: SafetensorsHeader.maximumLength, found: UInt64(text.count))
        }
        return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
    }
}
