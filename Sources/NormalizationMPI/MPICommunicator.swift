#if MPI
    internal import CMPI
    public import Normalization
    import Synchronization

    /// Ranks that are processes of one machine or many, over MPI: what synchronized calls exchange over.
    ///
    /// ```text
    /// let ranks = try MPICommunicator()
    /// let (y, statistics) = try layer.forwardAndCommit(x, shape: shape, over: ranks)
    /// ```
    ///
    /// Each communicator is a copy of its own, so that its messages are not mixed with those of others. Errors of MPI
    /// are thrown, but for those that end the processes, as the loss of one does under `mpirun`.
    ///
    /// A collective is called by one thread at a time. The thread that calls is the one that calls MPI; where MPI
    /// provides no more than `MPI_THREAD_FUNNELED`, that must be the thread that began it.
    @safe
    public final class MPICommunicator: StatisticsExchange, @unchecked Sendable {
        /// The number of this rank, from 0.
        public let rank: Int
        /// The number of ranks.
        public let size: Int
        /// How many collectives this rank has begun.
        public var collectiveCount: Int { begun.load(ordering: .relaxed) }

        private let communicator: OpaquePointer
        private let threads: cmpi_threads
        private let timeout: Duration?
        private let largestMessage: Int
        private let begun = Atomic<Int>(0)
        private let isBusy = Atomic<Bool>(false)
        private let isOver = Atomic<Bool>(false)

        /// Collective: a communicator of all processes that `mpirun` started. Begins MPI where nobody has.
        ///
        /// - Parameter timeout: how long a rank waits for the others in a collective; `nil` is for ever, and costs
        ///   least. After a rank has given up waiting, the communicator cannot be used, and MPI may not end: call
        ///   ``abort(_:)``.
        /// - Throws: ``ExchangeFailure/unavailable(_:)`` where MPI has ended, or is not made for threads;
        ///   ``ExchangeFailure/transport(code:text:)``.
        public convenience init(timeout: Duration? = nil) throws(ExchangeFailure) {
            try self.init(handle: nil, timeout: timeout)
        }

        /// Collective: a copy of a communicator that another library made, which stays that library's.
        ///
        /// - Parameters:
        ///   - handle: its Fortran handle, `MPI_Comm_c2f(communicator)`, a number in every implementation of MPI.
        ///   - timeout: how long a rank waits for the others.
        /// - Throws: as the form of all processes.
        public convenience init(
            duplicating handle: Int32, timeout: Duration? = nil
        ) throws(ExchangeFailure) {
            try self.init(handle: handle, timeout: timeout)
        }

        /// - Parameter largestMessage: how many bytes of a rank go at a time, for tests.
        package init(
            handle: Int32?, timeout: Duration?, largestMessage: Int? = nil
        ) throws(ExchangeFailure) {
            threads = try Self.begin()
            var made: OpaquePointer?
            var code: Int32 = 0
            if var handle {
                code = unsafe cmpi_duplicate(&handle, &made)
            } else {
                code = unsafe cmpi_duplicate(nil, &made)
            }
            guard code == 0, let made = unsafe made else { throw Self.failure(code) }
            unsafe communicator = made
            rank = unsafe Int(cmpi_rank(made))
            size = unsafe Int(cmpi_size(made))
            self.timeout = timeout
            self.largestMessage = largestMessage ?? max(1, (1 << 30) / size)
        }

        private init(_ made: OpaquePointer, like other: MPICommunicator) {
            unsafe communicator = made
            rank = unsafe Int(cmpi_rank(made))
            size = unsafe Int(cmpi_size(made))
            threads = other.threads
            timeout = other.timeout
            largestMessage = max(1, (1 << 30) / size)
        }

        deinit {
            // What a rank still waits for somewhere, MPI may still hold.
            if !isOver.load(ordering: .relaxed) { unsafe cmpi_free(communicator) }
        }

        /// Collective: a communicator for each color, such as the ranks of one machine, or those that hold the same
        /// part of a model.
        ///
        /// - Parameters:
        ///   - color: zero or more; ranks of one color are together.
        ///   - key: their order; ranks of the same key keep the order they have.
        /// - Throws: as a collective.
        public func split(color: Int32, key: Int32 = 0) throws(ExchangeFailure) -> MPICommunicator {
            guard color >= 0 else { throw .unavailable("color: expected 0 or more, got \(color)") }
            try enter()
            defer { leave() }
            var made: OpaquePointer?
            let code = unsafe cmpi_split(communicator, color, key, &made)
            guard code == 0, let made = unsafe made else { throw Self.failure(code) }
            return unsafe MPICommunicator(made, like: self)
        }

        /// Collective: every rank gives as many bytes, and gets those of all ranks, in the order of their numbers.
        ///
        /// - Throws: ``ExchangeFailure``.
        public func allGather(
            _ send: RawSpan, into receive: inout MutableRawSpan
        ) throws(ExchangeFailure) {
            begun.add(1, ordering: .relaxed)
            // Nothing here keeps ranks from bringing unequal lengths; the calls of the layers never do.
            guard receive.byteCount == size * send.byteCount else {
                throw .unequalLengths(
                    rank: rank, expected: size * send.byteCount, actual: receive.byteCount)
            }
            try enter()
            defer { leave() }
            let seconds = timeout.map { max(0, $0 / .seconds(1)) } ?? -1
            let code = unsafe send.withUnsafeBytes { send in
                unsafe receive.withUnsafeMutableBytes { receive in
                    unsafe cmpi_allgather(
                        communicator, send.baseAddress, send.count, receive.baseAddress,
                        largestMessage, seconds)
                }
            }
            if code == Int32(CMPI_TIMED_OUT), let timeout {
                isOver.store(true, ordering: .relaxed)
                throw .timedOut(after: timeout)
            }
            guard code == 0 else { throw Self.failure(code) }
        }
    }

    extension MPICommunicator {
        /// Collective: ends MPI, before a process that began it ends. Communicators cannot be used after that.
        public static func finalize() throws(ExchangeFailure) {
            let code = cmpi_end()
            guard code == 0 else { throw failure(code) }
        }

        /// Ends every process of the communicator, where something has gone wrong that others wait for.
        public func abort(_ code: Int32 = 1) {
            unsafe cmpi_abort(communicator, code)
        }

        /// Begins MPI, unless somebody has, and says what it lets threads do.
        private static func begin() throws(ExchangeFailure) -> cmpi_threads {
            var (level, began): (Int32, Bool) = (0, false)
            let code = unsafe cmpi_begin(&level, &began)
            guard code == 0 else { throw failure(code) }
            guard cmpi_is_running() else { throw .unavailable("expected MPI to run, it has ended") }
            let threads = cmpi_threads(rawValue: UInt32(level))
            guard threads.rawValue >= CMPI_THREAD_FUNNELED.rawValue else {
                throw .unavailable(
                    "expected MPI to provide MPI_THREAD_FUNNELED at least, got MPI_THREAD_SINGLE")
            }
            return threads
        }

        /// Throws where this thread cannot call MPI now.
        private func enter() throws(ExchangeFailure) {
            guard !isOver.load(ordering: .relaxed) else { throw .unusable }
            guard cmpi_is_running() else { throw .unavailable("expected MPI to run, it has ended") }
            if threads == CMPI_THREAD_FUNNELED && !cmpi_is_main_thread() {
                throw .unavailable(
                    "expected a call from the thread that began MPI, which provides "
                        + "MPI_THREAD_FUNNELED")
            }
            guard !isBusy.exchange(true, ordering: .acquiring) else { throw .busy(rank: rank) }
            if threads == CMPI_THREAD_MULTIPLE { return }
            // Then no thread may be in MPI for another communicator either.
            guard !Self.isInMPI.exchange(true, ordering: .acquiring) else {
                isBusy.store(false, ordering: .releasing)
                throw .busy(rank: rank)
            }
        }

        private func leave() {
            if threads != CMPI_THREAD_MULTIPLE { Self.isInMPI.store(false, ordering: .releasing) }
            isBusy.store(false, ordering: .releasing)
        }

        private static let isInMPI = Atomic<Bool>(false)

        private static func failure(_ code: Int32) -> ExchangeFailure {
            var text = [CChar](repeating: 0, count: 512)
            unsafe text.withUnsafeMutableBufferPointer { text in
                unsafe cmpi_error_text(code, text.baseAddress, text.count)
            }
            let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            return .transport(code: Int(code), text: String(decoding: bytes, as: UTF8.self))
        }
    }
#else
    /// Ranks over MPI: not there, since the package trait `MPI` is off.
    @available(
        *, unavailable,
        message: "needs the package trait MPI: .package(url: …, traits: [\"MPI\"])"
    )
    public enum MPICommunicator {}
#endif
