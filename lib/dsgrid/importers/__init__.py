"""Other systems' configurations, translated into dsgrid's specs.

One pure function per kind of file: `project.project`, `dataset.dataset`, `submission.submission`, `query.query`. Each
takes a parsed document and returns a `Translation`: the spec as plain values, and remarks on all that is not the same
on both sides. Nothing is written here; `write.write` does that.
"""
