/// The same pointer, where the element types are known to be one.
@inline(__always)
func cast<From, To>(_ pointer: UnsafePointer<From>) -> UnsafePointer<To> {
    unsafe UnsafeRawPointer(pointer).assumingMemoryBound(to: To.self)
}

@inline(__always)
func cast<From, To>(_ pointer: UnsafeMutablePointer<From>) -> UnsafePointer<To> {
    unsafe UnsafeRawPointer(pointer).assumingMemoryBound(to: To.self)
}

@inline(__always)
func cast<From, To>(_ pointer: UnsafeMutablePointer<From>) -> UnsafeMutablePointer<To> {
    unsafe UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: To.self)
}
