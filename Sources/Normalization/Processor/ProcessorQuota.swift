/// The limit that control groups of Linux set on the processor time of this process: the quota of
/// the completely fair scheduler (CFS), in version 1 and 2.
///
/// - References: <https://docs.kernel.org/admin-guide/cgroup-v2.html>, cpu.max;
///   <https://docs.kernel.org/scheduler/sched-bwc.html>, cpu.cfs_quota_us.
enum ProcessorQuota {
    /// How many processors the narrowest limit amounts to, parts of one included; `nil` without one.
    ///
    /// - Parameter read: the text of a file, `nil` where there is none.
    static func processors(of read: (_ path: String) -> String?) -> Double? {
        let groups = lines(read("/proc/self/cgroup")).compactMap(Membership.init)
        let mounts = lines(read("/proc/self/mountinfo")).compactMap(Mount.init)
        var narrowest: Double?
        for group in groups {
            guard let mount = mounts.first(where: { $0.version == group.version }) else { continue }
            for folder in mount.folders(of: group.path) {
                guard let limit = limit(in: folder, group.version, read) else { continue }
                narrowest = min(narrowest ?? limit, limit)
            }
        }
        return narrowest
    }

    private enum Version { case one, two }

    /// Quota over period of one group; `nil` where either is missing, unlimited or no number above 0.
    private static func limit(
        in folder: String, _ version: Version, _ read: (String) -> String?
    ) -> Double? {
        let numbers: [Double?]
        switch version {
        case .one:
            numbers = ["/cpu.cfs_quota_us", "/cpu.cfs_period_us"].map { name in
                words(read(folder + name)).first.flatMap { Double($0) }
            }
        case .two: numbers = words(read(folder + "/cpu.max")).map { Double($0) }
        }
        guard numbers.count == 2, let quota = numbers[0], let period = numbers[1] else {
            return nil
        }
        guard quota > 0, period > 0, quota.isFinite, period.isFinite else { return nil }
        return min(quota / period, 1e6)
    }

    /// A line of /proc/self/cgroup, `4:cpu,cpuacct:/a/b` or `0::/a/b`, of a group that may have a quota.
    private struct Membership {
        let version: Version
        let path: String

        init?(_ line: Substring) {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            if parts[1].isEmpty {
                version = .two
            } else if parts[1].split(separator: ",").contains("cpu") {
                version = .one
            } else {
                return nil
            }
            path = String(parts[2])
        }
    }

    /// A line of /proc/self/mountinfo that mounts groups which may have a quota:
    /// `32 31 0:29 /root /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu`.
    private struct Mount {
        let version: Version
        /// The group that is seen at the mount point.
        let root: String
        let point: String

        init?(_ line: Substring) {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else {
                return nil
            }
            switch fields[dash + 1] {
            case "cgroup2": version = .two
            case "cgroup" where fields[dash + 3].split(separator: ",").contains("cpu"):
                version = .one
            default: return nil
            }
            root = unescaped(fields[3])
            point = unescaped(fields[4])
        }

        /// The folders of a group and of those that contain it, as far as they are seen here.
        func folders(of path: String) -> [String] {
            var rest = path
            if root != "/" {
                // A group out of sight: of those around it the mount point alone is seen.
                guard path == root || path.hasPrefix(root + "/") else { return [point] }
                rest.removeFirst(root.count)
            }
            var folder = point
            var folders = [folder]
            for name in rest.split(separator: "/") where name != ".." {
                folder += "/" + name
                folders.append(folder)
            }
            return folders
        }
    }

    private static func lines(_ text: String?) -> [Substring] {
        text?.split(separator: "\n") ?? []
    }

    private static func words(_ text: String?) -> [Substring] {
        text?.split { $0 == " " || $0 == "\n" } ?? []
    }

    /// A field of mountinfo with its octal escapes resolved, such as `\040` for a space.
    private static func unescaped(_ field: Substring) -> String {
        let bytes = Array(field.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let digits = bytes[index...].dropFirst().prefix(3)
            if bytes[index] == UInt8(ascii: "\\"), digits.count == 3,
                let byte = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                result.append(byte)
                index += 4
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
