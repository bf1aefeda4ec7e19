"""Wording of reading files. Lines after `--` are held out."""

from .wording import parts

READINGS = parts("""
?what does {f} say
?what does {f} say
?what does the file {f} say
?what does the text in {f} say
?what does the file {f} tell
?what does it say in {f}
?what is in {f}
?what is in {f}
?what's in {f}
?what's in the file {f}
?what is in the file {f}
?what is inside {f}
?what is written in {f}
?what is written in the file {f}
?what does {f} contain
?what does the file {f} contain
?what text is in {f}
?what text does {f} contain
?what text is in the file {f}
?what stands in {f}
?what is the content of {f}
?what are the contents of {f}
?what is the text of {f}
?what did I write in {f}
?what did I write in the file {f}
?what have I put in {f}
?what do I have in {f}
?what would I find in {f}
?what information is in {f}
!read {f}
!read {f}
!read the file {f}
!read {f} to me
!read me {f}
!read out {f}
!read the text of {f}
!read the text in {f}
!read what is in {f}
!read the contents of {f}
!open {f}
!open {f}
!open the file {f}
!open and read {f}
!open {f} and read it
!open {f} and show it
!show {f}
!show me {f}
!show the file {f}
!show me the file {f}
!show the text of {f}
!show the contents of {f}
!show me the contents of {f}
!show what is in {f}
!show me what {f} says
!look at {f}
!look at the file {f}
!look into {f}
!look into the file {f}
!look inside {f}
!print {f}
!print the file {f}
!print the contents of {f}
!check what {f} says
!check what is in {f}
!take a look at {f}
!take a look at the file {f}
!have a look at {f}
!load {f}
!load the file {f}
!load the text of {f}
!display {f}
!view {f}
!view the file {f}
!tell me what {f} says
!tell me what the file {f} says
!tell me what is in {f}
!tell me what is written in {f}
!tell me the contents of {f}
!get the text of {f}
!get the contents of {f}
!see what {f} contains
!see what is in {f}
!see what {f} says
!find out what {f} says
!find out what is in {f}
!give the contents of {f}
!give me the text of {f}
!go over {f}
!peek inside {f}
!cat {f}
?what can I read in {f}
?which text does {f} hold
?what message is in {f}
?how does the file {f} read
?can I see what is in {f}
=the text of {f}
=the text of the file {f}
=the text in {f}
=the text from {f}
=the contents of {f}
=the contents of the file {f}
=the content of {f}
=the content of the file {f}
=the file {f}
={f}
=what {f} says
=what is in {f}
=whatever {f} says
=the words in {f}
=the words of {f}
--
!open {f} and tell me what it says
?what is the text in the file {f}
!take a look at what {f} says
!find out what the file {f} contains
?what words are in {f}
?what can I find in the file {f}
=what is written in the text of {f}
!read out what the file {f} says
!go and see what text {f} contains
?which words does {f} contain
!look at {f} and read it out
""")

READINGS_MANY = parts("""
?what do {all} say
?what do the files {all} say
?what do {all} contain
?what is in {all}
?what is in the files {all}
?what is written in {all}
?what are the contents of {all}
!read {all}
!read the files {all}
!read the text of {all}
!read out {all}
!open {all}
!open the files {all}
!open and read {all}
!show {all}
!show me {all}
!show the files {all}
!show the contents of {all}
!look at {all}
!look into the files {all}
!print {all}
!print the files {all}
!check what {all} say
!tell me what is in {all}
!tell me what {all} say
!get the text of {all}
!go over {all}
!view {all}
!cat {all}
=the text of {all}
=the text in {all}
=the contents of {all}
=the contents of the files {all}
=the files {all}
=the words in {all}
--
!tell me what the files {all} contain
!check what is written in {all}
?what text is in the files {all}
=what {all} say
!look at the text of {all}
""")

FIELDS = parts("""
?what is the {a} in {f}
?what's the {a} in {f}
?what is the {a} in the file {f}
?what is the {a} given in {f}
?what is the {a} according to {f}
?which {a} does {f} give
?which {a} is in {f}
?which {a} is given in {f}
?which {a} does the file {f} have
?what {a} does {f} name
?what {a} does {f} give
?what {a} does the file {f} give
?what {a} stands in {f}
?what {a} is in {f}
?what {a} is written in {f}
?what does {f} say about the {a}
?what does the file {f} say about the {a}
!find the {a} in {f}
!find the {a} in the file {f}
!find out the {a} in {f}
!look up the {a} in {f}
!look for the {a} in {f}
!look in {f} for the {a}
!look into {f} and tell me the {a}
!read the {a} from {f}
!read the {a} in {f}
!read the {a} out of {f}
!get the {a} from {f}
!get the {a} out of {f}
!take the {a} from {f}
!check the {a} in {f}
!check {f} for the {a}
!check what {a} {f} has
!open {f} and tell me the {a}
!open {f} and find the {a}
!read {f} and tell me the {a}
!read {f} and give me the {a}
!read the file {f} and tell me the {a}
!see which {a} {f} has
!tell me the {a} in {f}
!tell me what {a} is in {f}
!tell me what {f} says about the {a}
!go through {f} for the {a}
=the {a} in {f}
=the {a} in the file {f}
=the {a} from {f}
=the {a} from the file {f}
=the {a} given in {f}
=the {a} that {f} gives
=the {a} written in {f}
=whatever {f} says about the {a}
--
!read {f} and find out the {a}
?which {a} does the file {f} name
!look into {f} and find the {a}
=what {f} says about the {a}
?what {a} is given in the file {f}
!go through {f} and give me the {a}
!check the file {f} for the {a}
""")
