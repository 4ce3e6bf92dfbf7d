"""A small catalogue whose facts are known: films, series and music, two languages."""

# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

from segue.items import Credit, Item

_ROWS = (
    # id, kind, title, genres, year, minutes, language, director
    ("alien", "movie", "Alien", ("Horror", "Science Fiction"), 1979, 117, "en", "Ridley Scott"),
    ("heat", "movie", "Heat", ("Crime", "Thriller"), 1995, 170, "en", "Michael Mann"),
    ("amelie", "movie", "Amélie", ("Comedy", "Romance"), 2001, 122, "fr", "Jean-Pierre Jeunet"),
    ("taxi", "movie", "Taxi", ("Action", "Comedy"), 1998, 86, "fr", "Gérard Pirès"),
    ("airplane", "movie", "Airplane!", ("Comedy",), 1980, 88, "en", "Jim Abrahams"),
    ("duck", "movie", "Duck Soup", ("Comedy", "Musical"), 1933, 69, "en", "Leo McCarey"),
    ("boot", "movie", "Das Boot", ("War", "Drama"), 1981, 149, "de", "Wolfgang Petersen"),
    ("ran", "movie", "Ran", ("War", "Drama"), 1985, 162, "ja", "Akira Kurosawa"),
    ("totoro", "movie", "My Neighbor Totoro", ("Animation", "Family"), 1988, 86, "ja", "Hayao Miyazaki"),
    ("up", "movie", "Up", ("Animation", "Family", "Comedy"), 2009, 96, "en", "Pete Docter"),
    ("shining", "movie", "The Shining", ("Horror",), 1980, 144, "en", "Stanley Kubrick"),
    ("nosferatu", "movie", "Nosferatu", ("Horror",), 1922, 94, "de", "F. W. Murnau"),
    ("unforgiven", "movie", "Unforgiven", ("Western", "Drama"), 1992, 130, "en", "Clint Eastwood"),
    ("stagecoach", "movie", "Stagecoach", ("Western",), 1939, 96, "en", "John Ford"),
    ("chungking", "movie", "重庆森林", ("Romance", "Drama"), 1994, 102, "zh", "王家卫"),
    ("hero", "movie", "英雄", ("Action", "History"), 2002, 99, "zh", "张艺谋"),
    ("planet", "series", "Planet Earth", ("Documentary",), 2006, 50, "en", "Alastair Fothergill"),
    ("wire", "series", "The Wire", ("Crime", "Drama"), 2002, 58, "en", "David Simon"),
    ("others", "movie", "The Others", ("Horror", "Mystery"), 2001, 101, "en", "Alejandro Amenábar"),
    ("nocountry", "movie", "No Country for Old Men", ("Crime", "Drama"), 2007, 122, "en", "Joel Coen"),
    ("blue", "track", "Blue in Green", ("Jazz",), 1959, 5, "en", "Miles Davis"),
    ("train", "track", "Take the A Train", ("Jazz",), 1941, 3, "en", "Duke Ellington"),
    ("moon", "track", "月亮代表我的心", ("Folk",), 1977, 4, "zh", "邓丽君"),
    ("river", "track", "小河淌水", ("Folk",), 1990, 6, "zh", "彭丽媛"),
    ("metal", "track", "Master of Puppets", ("Metal",), 1986, 9, "en", "Metallica"),
)
TAGS = {
    "moon": ("忧郁", "浪漫"),
    "river": ("平静",),
    "blue": ("melancholic", "calm"),
    "train": ("cheerful",),
    "metal": ("fierce",),
}
FILMS = tuple(
    Item(
        id=name, kind=kind, title=title, genres=genres, released=str(year), duration_s=60.0 * minutes, language=language,
        creators=(Credit(person, "artist" if kind == "track" else "director"),), tags=TAGS.get(name, ()),
        description=f"{title}, by {person}.",
    )
    for name, kind, title, genres, year, minutes, language, person in _ROWS
)  # fmt: skip
