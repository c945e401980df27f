import TrainingStudy

extension Study {
    /// `norm study --whitening`: a study of its own, into one file.
    func compareWhitening() throws {
        guard case .shipped(let digits, let breastCancer, _) = try StudyFiles.shipped() else {
            return
        }
        let folder = OutputFolder("--report", report)
        try folder.create()
        let progress = Progress()
        let study = WhiteningStudy(digits: digits, breastCancer: breastCancer, isQuick: quick)
        let outcomes = try study.run { share, name in progress.show(share: share, name) }
        progress.clear()
        let table = WhiteningStudy.markdown(outcomes)
        try folder.write([OutputFolder.File(name: "whitening.md", bytes: Array(table.utf8))])
        print(table)
        print("report: \(folder.path)/whitening.md")
    }
}
