"""Other query planners as oracles: do our supergraphs give right plans there?"""
