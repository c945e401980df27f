/// What one part of the study leaves behind.
struct PartReport {
    let part: StudyPart
    let title: String
    let introduction: [String]
    /// The few sentences that it comes to.
    let findings: [String]
    let sections: [PictureSection]
    /// What was found.
    let results: [TableSection]
    /// What is behind it.
    let details: [TableSection]

    /// The name of its page in Markdown.
    var fileName: String {
        part == .networks ? "study.md" : "study-\(part.rawValue).md"
    }

    /// All but the pictures, in Markdown.
    var text: String {
        let list = "### In short\n\n" + findings.map { "* \($0)" }.joined(separator: "\n")
        return (introduction + [list] + (results + details).map(\.markdown))
            .joined(separator: "\n\n") + "\n"
    }

    /// The pictures in Markdown, by their paths in the folder.
    var pictureList: String {
        sections.map { section in
            let images = section.pictures.map {
                "![\($0.title): \($0.caption)](pictures/\($0.name).svg)\n"
            }
            return "\n### \(section.title)\n\n" + images.joined()
        }.joined()
    }
}
