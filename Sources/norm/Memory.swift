import Foundation

/// The memory of the machine.
enum Memory {
    /// Throws where `tensors` tensors of `elements` elements are more than the machine has: to ask
    /// for them would end the process.
    static func check<Element>(
        elements: Int, of type: Element.Type, tensors: Int, _ argument: String
    ) throws(Failure) {
        let needed = Double(elements) * Double(tensors * MemoryLayout<Element>.stride)
        let present = Double(ProcessInfo.processInfo.physicalMemory)
        guard needed <= present else {
            throw .data(
                "\(argument): \(tensors) tensors of \(elements) elements need "
                    + "\(Int(needed / 1e9)) GB of memory, this machine has \(Int(present / 1e9))")
        }
    }
}
