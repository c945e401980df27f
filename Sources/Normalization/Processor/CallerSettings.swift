internal import CProcessors

/// The settings of a calling thread that hold for its helpers too: where they may run, and how they
/// round.
struct CallerSettings {
    private var allowed = cprocessors_set()
    /// The processor the caller is on.
    private let processor: Int32
    private let floatControl: UInt64

    /// Those of the calling thread.
    static var current: CallerSettings { CallerSettings() }

    private init() {
        _ = unsafe cprocessors_allowed(&allowed)
        processor = cprocessors_current()
        floatControl = cprocessors_float_control()
    }

    /// Lets a helper run where the caller may, but not on the caller's processor, if there is another.
    func place(_ helper: cprocessors_thread) {
        var allowed = allowed
        unsafe cprocessors_place(helper, &allowed, processor)
    }

    /// Whether both let helpers run in the same places.
    func placesHelpers(like other: CallerSettings) -> Bool {
        var (one, two) = (allowed, other.allowed)
        return unsafe cprocessors_are_same(&one, &two) != 0 && processor == other.processor
    }

    /// Calls `body` with the caller's floating-point arithmetic: results have the same bits on every
    /// thread, whatever the host has set on its own.
    func withFloatingPoint(_ body: () -> Void) {
        let own = cprocessors_float_control()
        guard own != floatControl else { return body() }
        cprocessors_set_float_control(floatControl)
        body()
        cprocessors_set_float_control(own)
    }
}
