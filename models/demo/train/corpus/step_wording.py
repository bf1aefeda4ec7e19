"""Wording of chains with lookups, searches and mail. Lines after `--` are held out."""

from .wording import parts

LOOKUP_ACT = parts("""
!get the {a} of the {n} {v} and {b} the {m} with it
!get the {a} of {n} {v} and use it to {b} the {m}
!get the {a} of the {n} {v}, then {b} the {m} with it
!find the {a} of the {n} {v} and {b} the {m} with it
!find the {a} of the {n} {v}, then {b} the {m} with that
!find the {a} of {n} {v} and use it to {b} the {m}
!find out the {a} of {n} {v} and {b} the {m} with it
!look up the {a} of {n} {v} and use it to {b} the {m}
!look up the {a} of the {n} {v} and {b} the {m} with that
!look up the {a} of the {n} {v}, then {b} the {m} with it
!check the {a} of the {n} {v} and {b} the {m} with it
!take the {a} of the {n} {v} and {b} the {m} with this
!take the {a} of {n} {v} and use it to {b} the {m}
!see what {a} the {n} {v} has and {b} the {m} with it
!{b} the {m} with the {a} of the {n} {v}
!{b} the {m} with the {a} that the {n} {v} has
!{b} the {m} using the {a} of {n} {v}
!{b} the {m} using the {a} of the {n} {v}
!{b} the {m}, use the {a} of the {n} {v}
!use the {a} of the {n} {v} to {b} the {m}
!use the {a} of {n} {v} and {b} the {m} with it
!with the {a} of the {n} {v}, {b} the {m}
?can you {b} the {m} with the {a} of the {n} {v}
--
!check what {a} the {n} {v} has and {b} the {m} with that
!{b} the {m}, using the {a} that the {n} {v} has
!take the {a} of {n} {v}, then {b} the {m} with it
?can you find the {a} of the {n} {v} and use it to {b} the {m}
!find out what {a} {n} {v} has, then {b} the {m} with this
""")

SEARCH_SUM = parts("""
!search the web for the {a} of {c} and multiply it by {k}
!search the web for the {a} of {c} and tell me {k} times that
!search for the {a} of {c} and multiply it by {k}
!search for the {a} of {c} and calculate {k} times that
!look up the {a} of {c} and multiply it by {k}
!look up the {a} of {c}, then multiply it by {k}
!look up the {a} of {c} online and multiply it by {k}
!look up the {a} of {c} and tell me {k} times that
!find the {a} of {c} and multiply it by {k}
!find the {a} of {c} on the web and calculate {k} times that
!find the {a} of {c} online and compute {k} times that
!find out the {a} of {c} and multiply it by {k}
!google the {a} of {c} and tell me {k} times that
!google the {a} of {c} and multiply it by {k}
!multiply the {a} of {c} by {k}
!multiply the {a} of {c} by {k}, look it up first
!take the {a} of {c} from the web and multiply it by {k}
?what is the {a} of {c} times {k}
?what is the {a} of {c} multiplied by {k}
?what is {k} times the {a} of {c}
?how much is {k} times the {a} of {c}
?how much is the {a} of {c} times {k}
?how much is the {a} of {c} multiplied by {k}
=the {a} of {c} multiplied by {k}
=the {a} of {c} times {k}
={k} times the {a} of {c}
--
!search online for the {a} of {c} and calculate {k} times that
!google the {a} of {c}, then multiply it by {k}
?what is {k} times the {a} of {c} on the web
!look up the {a} of {c} on the web and compute {k} times that
!take {k} times the {a} of {c}, look it up online first
""")

READ_MAIL = parts("""
!read {f} and send the text to {to}
!read {f} and send it to {to}
!read {f} and mail it to {to}
!read {f} and mail the text to {to}
!read {f}, then send {to} the text
!read {f} and tell {to} what it says
!read the file {f} and send what it says to {to}
!read {f} and write its text to {to}
!send the text of {f} to {to}
!send {to} the text of {f}
!send {to} what {f} says
!send {to} what is in {f}
!send the contents of {f} to {to}
!send the words in {f} to {to}
!mail the contents of {f} to {to}
!mail the text of {f} to {to}
!mail {to} the text in {f}
!mail {to} what {f} says
!email {to} what {f} says
!email the text of {f} to {to}
!email {to} the contents of {f}
!open {f} and send what it says to {to}
!open {f} and mail the text to {to}
!open {f} and forward the text to {to}
!forward the text of {f} to {to}
!forward the words in {f} to {to}
!tell {to} what is in {f}
!tell {to} what {f} says
!let {to} know what {f} says
!let {to} know what is in {f}
!write {to} what {f} says
--
!open {f} and tell {to} what it says
!forward the contents of {f} to {to}
!write {to} what is in the file {f}
!mail {to} the words in {f}
!read {f} and let {to} know what it says
!email what is in {f} to {to}
""")

LIST_MAIL = parts("""
!find the {t} file in {d} and send its text to {to}
!find the {t} file in {d}, read it and send the text to {to}
!find the {t} file in {d} and mail the text to {to}
!look in {d} for the {t} file and send its text to {to}
!look in {d} for the {t} file, read it and mail it to {to}
!look for the {t} file in {d} and mail {to} what it says
!list {d}, read the {t} file and send the text to {to}
!list {d}, open the {t} file and mail the text to {to}
!go to {d}, read the {t} file and send it to {to}
!go to the folder {d} and send the text of the {t} file to {to}
!send the text of the {t} file in {d} to {to}
!send {to} the text of the {t} file in {d}
!send {to} what the {t} file in {d} says
!mail the contents of the {t} file in {d} to {to}
!mail {to} what the {t} file in {d} says
!email {to} the text of the {t} file in {d}
!tell {to} what the {t} file in {d} says
!let {to} know what is in the {t} file in {d}
!forward the text of the {t} file in {d} to {to}
--
!find the {t} file in {d}, open it and email the text to {to}
!let {to} know what the {t} file in {d} says
!go to {d}, look for the {t} file and mail its text to {to}
!send {to} the contents of the {t} file in the folder {d}
""")

LOOKUP_WRITE = parts("""
!save the {a} of the {n} {v} in {f}
!save the {a} of {n} {v} to {f}
!save the {a} of the {n} {v} to the file {f}
!write the {a} of the {n} {v} to {f}
!write the {a} of {n} {v} into {f}
!write the {a} of the {n} {v} into the file {f}
!get the {a} of the {n} {v} and write it to {f}
!get the {a} of {n} {v} and save it in {f}
!get the {a} of the {n} {v}, then save it to {f}
!find the {a} of {n} {v} and save it in {f}
!find the {a} of the {n} {v} and write it to {f}
!find the {a} of the {n} {v} and put it into {f}
!find out the {a} of {n} {v} and note it in {f}
!find out the {a} of the {n} {v} and save it in {f}
!put the {a} of the {n} {v} into the file {f}
!put the {a} of {n} {v} in {f}
!look up the {a} of {n} {v} and store it in {f}
!look up the {a} of the {n} {v} and write it into {f}
!look up the {a} of the {n} {v}, then write it to the file {f}
!check the {a} of the {n} {v} and note it in {f}
!store the {a} of the {n} {v} in {f}
!note the {a} of {n} {v} in the file {f}
!leave the {a} of the {n} {v} in {f}
!create a file {f} with the {a} of the {n} {v}
=the {a} of the {n} {v} saved in {f}
--
!check the {a} of {n} {v} and put it into the file {f}
!look up the {a} of the {n} {v} and leave it in {f}
!note in {f} the {a} of the {n} {v}
!find out the {a} of the {n} {v}, then store it in {f}
=a file {f} with the {a} of the {n} {v}
""")
