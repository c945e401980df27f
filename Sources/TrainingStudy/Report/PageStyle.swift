extension Page {
    /// The style sheet: light and dark, wide and narrow.
    static let style = """
        :root { color-scheme: light dark; --ink: #1c1c1e; --paper: #ffffff; --faint: #6b6b70;
            --rule: #d9d9de; --card: #f6f6f8; }
        @media (prefers-color-scheme: dark) {
            :root { --ink: #ececf0; --paper: #16161a; --faint: #a0a0a8; --rule: #3a3a42;
                --card: #1f1f25; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
            font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 1180px; margin: 0 auto; padding: 1rem; }
        h1 { font-size: 1.7rem; line-height: 1.2; }
        h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--rule); }
        h3 { margin: 1.5rem 0 0.3rem; font-size: 1.05rem; }
        p, ul { max-width: 46rem; }
        ul { padding-left: 1.2rem; }
        a { color: inherit; }
        .pictures { display: grid; gap: 1rem;
            grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); }
        figure { margin: 0; padding: 0.75rem; background: var(--card); border-radius: 8px; }
        figure h4 { margin: 0 0 0.3rem; }
        figure svg { display: block; width: 100%; height: auto; color: var(--ink); }
        figcaption { color: var(--faint); font-size: 0.85rem; }
        .wide { overflow-x: auto; }
        table { border-collapse: separate; border-spacing: 0; font-size: 0.82rem; font-variant-numeric: tabular-nums; }
        th:first-child, td:first-child { position: sticky; left: 0; background: var(--paper); }
        th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.8rem 0.35rem 0;
            border-bottom: 1px solid var(--rule); white-space: nowrap; }
        .prose td { white-space: normal; min-width: 5.5rem; }
        .claims td:nth-child(2) { font-weight: 600; }
        @media (max-width: 640px) {
            .prose thead { display: none; }
            .prose tr { display: block; padding: 0.5rem 0; border-bottom: 1px solid var(--rule); }
            .prose td { display: block; border: 0; padding: 0.1rem 0; }
            .prose td:first-child { position: static; font-weight: 600; }
            .claims td:first-child { font-weight: inherit; }
        }
        """
}
