"""Wording of chains about files. Lines after `--` are held out."""

from .wording import parts

LIST_READ = parts("""
!find the {t} file in {d} and read it
!find the {t} file in {d}, then read it
!find the {t} file in the folder {d} and open it
!find the {t} file in {d} and show me its text
!find the {t} file in {d} and tell me what it says
!look in {d} for the {t} file and read it
!look in the folder {d} for the {t} file and open it
!look for the {t} file in {d} and tell me what it says
!look for the {t} file in {d} and read it
!look into {d}, find the {t} file and read it
!list {d} and read the {t} file
!list {d}, then read the {t} file
!list the files in {d} and read the {t} file
!list the folder {d} and open the {t} file
!search {d} for the {t} file and show its text
!search the folder {d} for the {t} file and read it
!go to {d} and read the {t} file
!go to the folder {d} and open the {t} file
!go to the folder {d}, find the {t} file and read it
!check the folder {d}, then read the {t} file
!check {d} for a {t} file and read it
!see whether {d} has a {t} file and read it
!see which file in {d} is the {t} file and read it
!open whichever file in {d} is about {t}
!open the {t} file in {d}
!open the file about {t} in {d}
!read the {t} file in {d}
!read the {t} file in the folder {d}
!read the file about {t} in {d}
!read the {t} file, it is in {d}
!read the {t} file, it is somewhere in {d}
!tell me what the {t} file in {d} says
!show me the {t} file in {d}
?what does the {t} file in {d} say
?what does the file about {t} in {d} say
?what is in the {t} file in {d}
?what is in the {t} file in the folder {d}
?what is written in the {t} file of {d}
?what did I write in the {t} file of folder {d}
?which text is in the {t} file in {d}
=the text of the {t} file in {d}
=the text of the file about {t} in {d}
=the contents of the {t} file in {d}
=the contents of the {t} file, it is somewhere in {d}
=the {t} file in {d}
--
!go to {d}, look for the {t} file and tell me what it says
?what did I write in the file about {t} in {d}
!check whether the folder {d} has a {t} file and open it
=the text of the {t} file, it is in the folder {d}
!list {d} and tell me what the {t} file says
!look into the folder {d} and open the file about {t}
?which text is written in the {t} file in {d}
""")

ONLY_READ = parts("""
!read the only file in {d}
!read the only file in the folder {d}
!read the one file in {d}
!read the file in {d}, there is only one
!read the single file in {d}
!open the only file in {d}
!open the one file in the folder {d}
!open the single file in {d}
!list {d} and read the file you find
!list {d} and read the only file
!list {d} and open the file that is there
!list the folder {d} and read the one file in it
!find the only file in {d} and read it
!look into {d} and read what is there
!look into {d} and read the one file
!look into the folder {d} and open the file you find
!see what is in {d} and open that file
!see what file is in {d} and read it
!show me the only file in {d}
!tell me what the only file in {d} says
?what does the only file in {d} say
?what does the one file in {d} say
?what does the one file inside {d} tell
?what is in the only file in {d}
?what is in the one file in the folder {d}
=the text of the only file in {d}
=the text of the one file in {d}
=the contents of the only file in {d}
=the contents of the single file in {d}
--
!look into {d} and tell me what the only file says
!find the one file in {d} and open it
?what does the single file in the folder {d} say
=the text of the single file inside {d}
!show me what is in the one file in {d}
""")

READ_SUM = parts("""
!read {f} and multiply the {a} by {k}|*
!read the file {f} and multiply the {a} by {k}|*
!read {f}, then multiply the {a} by {k}|*
!read {f} and tell me {k} times the {a}|*
!read the {a} from {f} and multiply it by {k}|*
!take the {a} from {f} and multiply it by {k}|*
!take the {a} in {f} times {k}|*
!look up the {a} in {f} and multiply it with {k}|*
!look up the {a} in {f} and multiply it by {k}|*
!find the {a} in {f} and multiply it by {k}|*
!open {f} and multiply the {a} by {k}|*
!open {f} and see what the {a} times {k} is|*
!go to {f}, get the {a} and multiply by {k}|*
!multiply the {a} in {f} by {k}|*
!calculate {k} times the {a} in {f}|*
?what is {k} times the {a} in {f}|*
?what is the {a} in {f} times {k}|*
?what is the {a} in {f} multiplied by {k}|*
?how much is {k} times the {a} in {f}|*
?how much is the {a} in {f} times {k}|*
=the {a} in {f} times {k}|*
={k} times the {a} in {f}|*
=the {a} of {f} multiplied by {k}|*
!read {f} and add {k} to the {a}|+
!read the {a} from {f} and add {k}|+
!open {f}, find the {a} and add {k}|+
!find the {a} in {f} and add {k}|+
!take the {a} from {f} and add {k}|+
!look up the {a} in {f} and add {k} to it|+
!add {k} to the {a} in {f}|+
?what is the {a} in {f} plus {k}|+
?how much is the {a} in {f} plus {k}|+
?how much is the {a} in {f} if you add {k}|+
=the {a} in {f} plus {k}|+
!read {f} and divide the {a} by {k}|/
!find the {a} in {f} and divide it by {k}|/
!take the {a} from {f} and divide it by {k}|/
!divide the {a} in {f} by {k}|/
?what is the {a} in {f} divided by {k}|/
?how much is the {a} in {f} divided by {k}|/
=the {a} in {f} divided by {k}|/
!read {f} and subtract {k} from the {a}|-
!find the {a} in {f} and take away {k}|-
!take the {a} from {f} and subtract {k}|-
!subtract {k} from the {a} in {f}|-
?what is the {a} in {f} minus {k}|-
?how much is the {a} in {f} minus {k}|-
=the {a} in {f} minus {k}|-
--
!open {f}, look up the {a} and multiply it by {k}|*
!find the {a} in {f} and tell me {k} times it|*
?how much is the {a} of {f} multiplied with {k}|*
!go to {f}, get the {a} and add {k} to it|+
?what is the {a} in {f} if you add {k}|+
!open {f} and subtract {k} from the {a}|-
!look up the {a} in {f} and divide it by {k}|/
""")

LIST_SUM = parts("""
!find the {t} file in {d}, read it and multiply the {a} by {k}
!find the {t} file in {d}, read it and tell me {k} times the {a}
!find the {t} file in {d} and multiply its {a} by {k}
!look in {d} for the {t} file and multiply its {a} by {k}
!look in {d} for the {t} file, read it and multiply the {a} by {k}
!look for the {t} file in {d} and calculate {k} times its {a}
!list {d}, open the {t} file and multiply the {a} by {k}
!list {d}, read the {t} file and multiply its {a} by {k}
!list the folder {d}, read the {t} file and compute {k} times the {a}
!go to {d}, look for the {t} file and compute {k} times its {a}
!go to {d}, open the {t} file and multiply the {a} by {k}
!take the {a} from the {t} file in {d} and multiply it by {k}
!multiply the {a} in the {t} file in {d} by {k}
!search {d} for the {t} file and multiply the {a} in it by {k}
?what is {k} times the {a} in the {t} file in {d}
?what is the {a} in the {t} file in {d} times {k}
?how much is {k} times the {a} in the {t} file in {d}
?what do I get if I multiply the {a} from the {t} file in {d} by {k}
=the {a} in the {t} file of {d} times {k}
=the {a} from the {t} file in {d} multiplied by {k}
={k} times the {a} in the {t} file in {d}
--
!look for the {t} file in {d}, open it and multiply the {a} by {k}
?how much is the {a} from the {t} file in {d} times {k}
!go to the folder {d}, read the {t} file and calculate {k} times the {a}
=the {a} in the {t} file in {d} multiplied by {k}
?what do I get if I take {k} times the {a} in the {t} file of {d}
""")

POINTER = parts("""
!read {f}, then read the file it names
!read {f} and then read the file it names
!read {f} and then the file it names
!read {f} and the file that it names
!read {f} and open the file mentioned there
!read {f} and read the file mentioned in it
!read the file that {f} names
!read the file named in {f}
!read the file mentioned in {f}
!read the file {f} points to
!open {f} and follow it to the next file
!open {f}, then open the file it names
!open {f} and read the file it names
!open the file that {f} names
!open the file mentioned in {f}
!look into {f}, it names another file, read that too
!look into {f} and read the file it points to
!look at {f} and then at the file it names
!start with {f} and read where it leads
!start with {f} and read the file it names
!follow the hint in {f}
!follow {f} to the next file and read that
!show me the file that {f} names
!tell me what the file named in {f} says
?what does the file named in {f} say
?what does the file mentioned in {f} say
?what does the file say that {f} names
?what is in the file that {f} talks about
?what is in the file {f} points to
?what is in the file named in {f}
=the text of the file that {f} names
=the text of the file named in {f}
=the text of the file mentioned in {f}
=the contents of the file {f} points to
--
!follow the hint in {f} and read the next file
!start with {f}, then open the file it points to
?what is in the file mentioned in {f}
=the contents of the file that {f} talks about
!look at {f} and tell me what the file named there says
!open {f} and the file that it names
""")
