import Foundation

/// The memory of the machine.
enum Memory {
    /// What to say where `tensors` tensors of `count` elements are more than the machine holds, since
    /// asking for them would end the process; nil where they are not.
    static func shortage(tensors: Int, count: Int, elementSize: Int) -> String? {
        let needed = Double(count) * Double(tensors * elementSize)
        let present = Double(ProcessInfo.processInfo.physicalMemory)
        guard needed > present else { return nil }
        return "expected \(tensors) tensors that fit in \(Int(present / 1e9)) GB of memory, "
            + "got \(count) elements each"
    }
}
