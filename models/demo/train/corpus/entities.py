"""Named things that dialogues speak of, split into a training and a held-out part.

Each entry is `kind: training words || held-out words`; indented lines go on. Held-out words are used by
evaluation tasks only; check_disjoint.py proves that no training dialogue has one.
"""

_TABLE = """
first: John, Mary, Bob, Carol, David, Emma, Frank, Grace, Henry, Irene, Jack, Karen, Leo, Mia, Nick,
  Olivia, Paul, Rosa, Sam, Tina, Victor, Wendy, Ahmed, Bruno, Chloe, Diego, Elena, Felix, Gina,
  Hugo, Jonas, Kira, Lars, Nora, Oscar, Ravi, Sofia, Tom, Uma, Yusuf || Anouk, Benedikt, Cosima,
  Dmitri, Eloise, Farid, Giselle, Hamza, Ingrid, Jasper, Katya, Lorenzo
last: Smith, Jones, Brown, Miller, Davis, Garcia, Wilson, Moore, Taylor, Lee, White, Harris, Clark,
  Lewis, Young, King, Wright, Hill, Green, Adams, Baker, Nelson, Carter, Perez, Turner, Parker,
  Evans, Reed, Cook, Bell || Abernathy, Castellano, Drummond, Eriksen, Fontaine, Grimaldi, Holloway,
  Ivanov
city: London, Berlin, Madrid, Rome, Vienna, Prague, Warsaw, Dublin, Lisbon, Athens, Oslo, Helsinki,
  Brussels, Zurich, Munich, Milan, Porto, Lyon, Boston, Chicago, Denver, Seattle, Dallas, Miami,
  Toronto, Lima, Cairo, Tokyo, Delhi, Sydney, New York, Hong Kong, Buenos Aires || Reykjavik,
  Marrakesh, Osaka, Bogota, Tallinn, Nairobi, Adelaide, Krakow, San Diego, Kuala Lumpur
zone: UTC, Europe/Berlin, Europe/London, Europe/Madrid, America/New_York, America/Chicago,
  Asia/Tokyo, Asia/Delhi, Australia/Sydney, Africa/Cairo, EST, CET, PST, GMT || Europe/Oslo,
  America/Bogota, Asia/Osaka, Africa/Nairobi, Pacific/Auckland
color: red, blue, green, yellow, orange, purple, black, white, pink, brown, gray, gold || teal,
  maroon, turquoise, lavender
job: teacher, doctor, nurse, lawyer, farmer, baker, chef, pilot, painter, writer, singer, driver,
  plumber, carpenter, engineer, architect, dentist, data scientist, bus driver, police officer ||
  beekeeper, astronomer, tailor, crane operator, sound engineer
animal: lion, tiger, horse, dog, cat, wolf, fox, bear, elephant, rabbit, deer, camel, cow, goat,
  sheep, mouse, polar bear || otter, badger, flamingo, lynx, sea turtle
item: book, lamp, chair, table, laptop, phone, pencil, notebook, bottle, backpack, jacket, shirt,
  watch, camera, guitar, bicycle, mug, plate, knife, pillow, mirror, clock, printer, coffee machine,
  desk lamp || kettle, scarf, telescope, compass, tripod, garden hose
food: pizza, pasta, sushi, soup, salad, rice, bread, cheese, tacos, curry, pancakes, apple pie, fish
  and chips || lasagna, falafel, risotto, dumplings, onion soup
topic: space travel, black holes, jazz music, chess openings, solar panels, electric cars, deep sea
  fish, ancient Rome, world history, machine learning, coffee beans, bread recipes, mountain
  climbing, bird migration, volcanoes, graph theory, rock climbing, tax rules, home repair, green
  tea || tidal energy, stamp collecting, medieval castles, beekeeping laws, quantum clocks, origami,
  glacier melting
stem: notes, todo, report, data, config, readme, log, summary, draft, budget, plan, list, letter,
  index, main, test, results, shopping, diary, recipe, users, orders, invoice, backup, schedule,
  ideas, journal, output, input, settings, meeting, changes || agenda, sonnet, metrics, contacts,
  ledger, roadmap, glossary, itinerary
suffix: txt, md, csv, json, log, py, ini, yaml, html, cfg, toml, conf || rst, tsv, xml, env, lst
folder: docs, src, home, tmp, work, projects, data, photos, music, logs, reports, shared, archive,
  build, tests, images, downloads, config, old || desktop, papers, library, assets, drafts, inbox
phrase: buy milk, call mom, hello world, water the plants, pay the rent, send the letter, feed the
  cat, clean the kitchen, meeting at noon, fix the bike, see you soon, good morning, happy birthday,
  turn off the lights, lunch on friday, finish the report, pick up the kids,
  call the office, pay the bill, buy new shoes, meet at seven, bring the keys, come home early,
  read a book, wash the car, paint the fence, see the doctor, book a table, open the window, close
  the door, print the photos, write to the bank, take out the trash, order more paper, check the
  mail, lunch is ready, we are late, the shop is closed, the bus leaves at nine, have a nice day,
  thank you for the flowers, all tests passed, the door is open, call me back, good luck tomorrow,
  no milk today, wait for me, send me the bill || renew the passport, sweep the porch, the train is
  late, bring an umbrella, dinner is ready, lock the shed, the boat has a leak, charge the phone,
  visit the museum, bake a cake, the lecture starts soon, mow the lawn
language: French, Spanish, German, Italian, Dutch, Polish, Greek, Turkish, Hindi, Korean, Danish,
  Czech || Portuguese, Swedish, Finnish, Hungarian
verb: find, check, track, order, cancel, start, stop, open, close, fetch, count, scan, print, share,
  rate, review, measure, inspect, repair, update, reserve, rent, sell, pay, export, lock, clean,
  move, remove, register, book, test, play, pause, wash, paint, load, install, deliver, collect,
  feed, water, describe, rename, mark, save, hide, block,
  watch || audit, verify, calibrate, summon, varnish, dispatch
noun: recipe, package, flight, hotel, train, movie, song, taxi, ticket, invoice, account, contract,
  sensor, server, garden, door, engine, battery, course, lesson, museum, concert, shipment, profile,
  playlist, planet, pump, drone, ship, tower, order, robot, valve, parcel, device, lamp,
  window, table, room, bus, boat, bike, camera, phone, printer, plant, tree, pet, customer, student,
  project, team, game, photo, video, letter, bill, card, meeting, book, machine, oven, heater,
  fridge, light, shop, farm, bridge, street, school || ferry, turbine,
  beehive, gazebo, orchard, antenna, canal, kiosk,
  trailer, lantern, violin, chimney, scooter, freezer, statue, windmill, balcony
attr: price, weight, height, owner, status, size, speed, age, address, version, length, date, level,
  population, rating, balance, width, temperature, capacity, area, depth, rank || altitude,
  thickness, warranty, lifespan, voltage, region
param: id, code, number, title, label, target, name, key, ref, tag, place, value || serial, handle,
  slug, badge
weather: sunny, rainy, cloudy, windy, snowy, foggy, clear, stormy || hazy, freezing, drizzly
weekday: Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday || Monday, Tuesday,
  Wednesday, Thursday, Friday, Saturday, Sunday
"""

# Kinds whose held-out words must be new; weekdays are the same everywhere.
OPEN_KINDS = frozenset({"weekday"})


def _read(table):
    kinds = {}
    for line in table.strip().replace("\n  ", " ").splitlines():
        kind, words = line.split(": ", 1)
        train, held = words.split(" || ")
        kinds[kind] = (tuple(train.split(", ")), tuple(held.split(", ")))
    return kinds


ENTITIES = _read(_TABLE)
HELD_WORDS = frozenset(w.lower() for kind, (_, held) in ENTITIES.items()
                       if kind not in OPEN_KINDS for w in held)
