/// A picture of the report, as an SVG element.
protocol Picture {
    /// The name of its file.
    var name: String { get }
    var title: String { get }
    var caption: String { get }
    /// The picture as an SVG element, whose text has the colour of the text around it.
    func svg() throws(StudyError) -> String
}

/// Pictures that answer one question.
struct PictureSection {
    let title: String
    let pictures: [any Picture]

    /// A section of the pictures that there are, or nil where there is none.
    init?(_ title: String, _ pictures: [(any Picture)?]) {
        self.title = title
        self.pictures = pictures.compactMap { $0 }
        if self.pictures.isEmpty { return nil }
    }
}
