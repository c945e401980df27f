import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The temporary files of this process, so that a process which is asked to end can remove them.
package enum Temporaries {
    /// A temporary file by its open folder and its name in that.
    private struct Entry: Equatable {
        let folder: Int32
        let name: String
    }

    private static let present = Mutex<[Entry]>([])

    /// Creates the file `name` in `folder` by `open`, and remembers it where that returns a
    /// descriptor.
    static func create(in folder: Int32, _ name: String, by open: () -> Int32) -> Int32 {
        present.withLock { present in
            let descriptor = open()
            if descriptor >= 0 { present.append(Entry(folder: folder, name: name)) }
            return descriptor
        }
    }

    /// Puts the file in another's place by `replace`, and forgets it where that returns 0.
    static func replace(in folder: Int32, _ name: String, by replace: () -> Int32) -> Int32 {
        present.withLock { present in
            let result = replace()
            if result == 0 { present.removeAll { $0 == Entry(folder: folder, name: name) } }
            return result
        }
    }

    /// Removes the file.
    static func remove(in folder: Int32, _ name: String) {
        present.withLock { present in
            _ = unsafe unlinkat(folder, name, 0)
            present.removeAll { $0 == Entry(folder: folder, name: name) }
        }
    }

    /// Removes all of them, then ends the process by `end`; no file appears in between, and none is
    /// put in its place.
    package static func removeAll(then end: () -> Never) -> Never {
        present.withLock { present in
            for entry in present { _ = unsafe unlinkat(entry.folder, entry.name, 0) }
            end()
        }
    }
}
