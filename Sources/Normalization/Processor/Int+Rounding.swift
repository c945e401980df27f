extension Int {
    func dividedRoundingUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
    func roundedDown(toMultipleOf step: Int) -> Int { self - self % step }
    func roundedUp(toMultipleOf step: Int) -> Int { dividedRoundingUp(by: step) * step }
}
