import Testing

@testable import Normalization

@Suite("Processor quota")
struct ProcessorQuotaTests {
    private static let mount2 =
        "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
    private static let mount1 =
        "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
        + "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"

    private func quota(_ files: [String: String]) -> Double? {
        ProcessorQuota.processors { files[$0] }
    }

    @Test("version 2: quota over period, of the narrowest group around the process")
    func version2() {
        var files = [
            "/proc/self/cgroup": "0::/a/b\n", "/proc/self/mountinfo": Self.mount2,
            "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
        ]
        #expect(quota(files) == nil)
        files["/sys/fs/cgroup/a/cpu.max"] = "150000 100000\n"
        #expect(quota(files) == 1.5)
        files["/sys/fs/cgroup/a/b/cpu.max"] = "50000 100000\n"
        #expect(quota(files) == 0.5)
        files["/sys/fs/cgroup/a/b/cpu.max"] = "400000 100000\n"
        #expect(quota(files) == 1.5)
    }

    @Test("version 1: −1 is no limit, and other controllers do not count")
    func version1() {
        let group = "/sys/fs/cgroup/cpu,cpuacct/docker/x"
        var files = [
            "/proc/self/cgroup": "9:name=systemd:/\n3:cpuset:/\n2:cpuacct,cpu:/docker/x\n0::/\n",
            "/proc/self/mountinfo": Self.mount1, "\(group)/cpu.cfs_quota_us": "-1\n",
            "\(group)/cpu.cfs_period_us": "100000\n",
        ]
        #expect(quota(files) == nil)
        files["\(group)/cpu.cfs_quota_us"] = "250000\n"
        #expect(quota(files) == 2.5)
        files["\(group)/cpu.cfs_period_us"] = nil
        #expect(quota(files) == nil)
    }

    @Test("a container sees its own group at the mount point")
    func container() {
        var files = [
            "/proc/self/cgroup": "4:cpu:/docker/x/inner\n",
            "/proc/self/mountinfo":
                "33 31 0:30 /docker/x /sys/fs/cgroup/my\\040cpu ro - cgroup cgroup rw,cpu\n",
            "/sys/fs/cgroup/my cpu/cpu.cfs_quota_us": "200000",
            "/sys/fs/cgroup/my cpu/cpu.cfs_period_us": "100000",
            "/sys/fs/cgroup/my cpu/inner/cpu.cfs_quota_us": "100000",
            "/sys/fs/cgroup/my cpu/inner/cpu.cfs_period_us": "100000",
        ]
        #expect(quota(files) == 1)
        files["/proc/self/cgroup"] = "4:cpu:/docker/x\n"
        #expect(quota(files) == 2)
        // A group out of sight, and one whose name merely begins like the one in sight.
        for path in ["/other", "/docker/xy/inner", "/../.."] {
            files["/proc/self/cgroup"] = "4:cpu:\(path)\n"
            #expect(quota(files) == 2, "\(path)")
        }
    }

    @Test(
        "text that is no quota is no limit",
        arguments: [
            "", "\n", "max", "100000", "0 100000", "100000 0", "-1 100000", "nan 100000",
            "inf 100000", "50000 inf", "x y", "1 2 3", "50000 -100000",
        ])
    func noQuota(_ text: String) {
        let files = [
            "/proc/self/cgroup": "0::/\n", "/proc/self/mountinfo": Self.mount2,
            "/sys/fs/cgroup/cpu.max": text,
        ]
        #expect(quota(files) == nil)
    }

    @Test("files cut anywhere are survived")
    func cutFiles() {
        let files = [
            "/proc/self/cgroup": "2:cpuacct,cpu:/a\n0::/a/b\n",
            "/proc/self/mountinfo": Self.mount1 + Self.mount2,
            "/sys/fs/cgroup/a/b/cpu.max": "150000 100000\n",
        ]
        #expect(quota(files) == 1.5)
        for (path, text) in files {
            for length in 0..<text.count {
                var cut = files
                cut[path] = String(text.prefix(length))
                let found = quota(cut)
                #expect(found == nil || found! > 0, "\(path) cut to \(length)")
            }
        }
        #expect(quota([:]) == nil)
    }

    @Test("a file of the system is read whole, and one that is not there is none")
    func systemFile() {
        #if os(Linux)
            #expect(SystemFile.text("/proc/self/status")?.hasPrefix("Name:") == true)
        #endif
        #expect(SystemFile.text("/nonexistent/file") == nil)
    }
}
