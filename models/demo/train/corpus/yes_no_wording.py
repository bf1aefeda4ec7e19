"""Wording of questions answered by yes or no. Lines after `--` are held out."""

from .wording import parts

ASKED = parts("""
{q}
{q}
{q}
{q} Answer yes or no.
{q} Answer with yes or no.
{q} Answer only yes or no.
{q} Answer just yes or no.
{q} Please answer yes or no.
{q} (yes/no)
{q} (yes or no)
{q} Yes/no?
{q} Yes or no?
{q} Yes or no, please.
{q} Just yes or no.
{q} Only yes or no.
{q} Just say yes or no.
{q} Say yes or no.
{q} Only say yes or no.
{q} Reply with yes or no.
{q} Reply only yes or no.
{q} One word: yes or no.
{q} One word, yes or no?
{q} Tell me yes or no.
{q} I only want a yes or a no.
{q} I want a yes or a no.
{q} A simple yes or no is enough.
{q} A simple yes or no will do.
Answer yes or no: {q}
Answer with yes or no: {q}
Answer yes or no. {q}
Please answer yes or no: {q}
Reply with yes or no: {q}
Say yes or no: {q}
Tell me yes or no: {q}
Yes or no: {q}
Yes or no? {q}
Decide with yes or no. {q}
Decide, yes or no: {q}
Question: {q} Yes or no?
Tell me: {q}
Tell me, {q}
--
{q} Please say yes or no.
Reply with one word, yes or no. {q}
{q} Just a simple yes or no.
Decide: {q} Yes or no?
Please answer with a yes or a no: {q}
{q} Only one word, please: yes or no.
""")
BIGGER = parts("""
Is {a} greater than {b}?
Is {a} greater than {b}?
Is {a} larger than {b}?
Is {a} bigger than {b}?
Is {a} more than {b}?
Is {a} higher than {b}?
Is {a} above {b}?
Is {a} over {b}?
Is the number {a} above {b}?
Is the number {a} greater than {b}?
Is the number {a} bigger than {b}?
Is the number {a} larger than the number {b}?
Is {a} a bigger number than {b}?
Is {a} a larger number than {b}?
Is {a} the bigger number, compared with {b}?
Are {a} more than {b}?
Does {a} exceed {b}?
Would you say {a} is greater than {b}?
Would you say that {a} is more than {b}?
Do I have more if I have {a} and not {b}?
{a} > {b}?
{a} > {b}
is {a} > {b}?
Is it true that {a} > {b}?
Is it true that {a} is greater than {b}?
Is it true that {a} is more than {b}?
Is {b} less than {a}?
Is {b} smaller than {a}?
--
Is it true that {a} is larger than {b}?
Would you say the number {a} is above {b}?
Is {a} a greater number than {b}?
Is the number {a} more than the number {b}?
Is it true that the number {a} is over {b}?
""")
SMALLER = parts("""
Is {a} less than {b}?
Is {a} less than {b}?
Is {a} smaller than {b}?
Is {a} lower than {b}?
Is {a} below {b}?
Is {a} under {b}?
Is the number {a} below {b}?
Is the number {a} smaller than {b}?
Is the number {a} less than {b}?
Is the number {a} lower than the number {b}?
Is {a} a smaller number than {b}?
Is {a} a lower number than {b}?
Is {a} the smaller number, compared with {b}?
Are {a} less than {b}?
Does {a} stay below {b}?
Does {a} stay under {b}?
Would you say {a} is smaller than {b}?
Would you say that {a} is less than {b}?
{a} < {b}?
{a} < {b}
is {a} < {b}?
Is it true that {a} < {b}?
Is it true that {a} is less than {b}?
Is it true that {a} is smaller than {b}?
Is {b} greater than {a}?
Is {b} more than {a}?
--
Is it true that {a} is lower than {b}?
Would you say the number {a} is below {b}?
Is it true that the number {a} is under {b}?
Is the number {a} smaller than the number {b}?
Would you say that {a} is a lower number than {b}?
""")
MEMBER = parts("""
The list is: {l}. Is {a} in the list?
The list is {l}. Is {a} in it?
The list is {l}. Does it contain {a}?
The list: {l}. Is {a} on the list?
List: {l}. Is {a} in it?
Here is a list: {l}. Does it contain {a}?
Here is a list: {l}. Is {a} in it?
Here is my list: {l}. Is {a} on it?
My list: {l}. Is {a} on it?
My list is {l}. Is {a} on my list?
My list has {l}. Does it have {a}?
Does the list {l} contain {a}?
Does the list {l} have {a} in it?
Does this list contain {a}? {l}
Is {a} in the list {l}?
Is {a} in this list: {l}?
Is {a} on this list? {l}
Is {a} one of these: {l}?
Is {a} one of {l}?
Is {a} among {l}?
Is {a} among these: {l}?
Is there {a} in {l}?
Names: {l}. Is {a} there?
Names: {l}. Is {a} one of them?
The names are {l}. Is {a} among them?
We have {l}. Do we have {a}?
We have {l}. Is {a} one of them?
I have {l}. Do I have {a}?
I bought {l}. Did I buy {a}?
I bought {l}. Did I also buy {a}?
We need {l}. Do we need {a}?
I see {l}. Do I see {a}?
These are here: {l}. Is {a} here?
These are here: {l}. Is {a} one of them?
There are {l}. Is {a} there?
Given {l}, do you see {a} in it?
Given the list {l}, is {a} in it?
Do you see {a} in this list: {l}?
Can you see {a} in {l}?
Can you find {a} in this list: {l}?
Can you spot {a} in this list: {l}?
The box holds {l}. Does it hold {a}?
The box has {l}. Is {a} in the box?
In the box are {l}. Is {a} there?
--
Here is a list: {l}. Can you see {a} in it?
Given these: {l}. Is {a} among them?
My box holds {l}. Is {a} in it?
Does my list have {a} on it? {l}
Do you see {a} among these: {l}?
We bought {l}. Is {a} one of them?
In my list are {l}. Is {a} also there?
""")
STATED = parts("""
{p} has the {k} {v}. Is the {k} of {p} {a}?
{p} has the {k} {v}. Does {p} have the {k} {a}?
The {k} of {p} is {v}. Is the {k} {a}?
The {k} of {p} is {v}. Is it {a}?
The {k} of {p} is {v}. Is the {k} of {p} {a}?
The {k} of {p} is {v}. Is {p}'s {k} {a}?
The {k} is {v} for {p}. Is {a} the {k} of {p}?
{p}'s {k} is {v}. Is {p}'s {k} {a}?
{p}'s {k} is {v}. Is it {a}?
{p}'s {k} is {v}. Is the {k} {a}?
{p}'s {k} is {v}. Is {a} the {k} of {p}?
{p}'s {k} is {v}. Is it true that {p}'s {k} is {a}?
{p}'s {k}: {v}. Is it {a}?
I know that the {k} of {p} is {v}. Is it {a}?
I know that {p}'s {k} is {v}. Is the {k} {a}?
I heard that {p}'s {k} is {v}. Is it {a}?
It is said that {p}'s {k} is {v}. Is it {a}?
It is said that the {k} of {p} is {v}. Would the {k} be {a}?
We know the {k} of {p}: {v}. Is it {a}?
{p}: {k} {v}. Does {p} have the {k} {a}?
{p}: {k} {v}. Is the {k} {a}?
Note: the {k} of {p} is {v}. Is {a} the {k} of {p}?
Note: {p}'s {k} is {v}. Is {p}'s {k} {a}?
Given that {p}'s {k} is {v}, is it {a}?
Given that the {k} of {p} is {v}, is the {k} {a}?
If the {k} of {p} is {v}, is it {a}?
If the {k} of {p} is {v}, is it true that it is {a}?
If {p}'s {k} is {v}, is the {k} of {p} {a}?
If {p} has the {k} {v}, is {p}'s {k} {a}?
--
Given that {p} has the {k} {v}, is {a} the {k} of {p}?
I heard that {p} has the {k} {v}. Does {p} have the {k} {a}?
We know that the {k} of {p} is {v}. Is it true that it is {a}?
If it is said that {p}'s {k} is {v}, would it be {a}?
Note that {p}'s {k} is {v}. Is {a} {p}'s {k}?
""")
# Questions about a fact that was told in an earlier message.
RECALLED = parts("""
Is {p}'s {k} {a}?
Is the {k} of {p} {a}?
Is {a} the {k} of {p}?
Is {a} {p}'s {k}?
Does {p} have the {k} {a}?
Has {p} the {k} {a}?
Is it true that {p}'s {k} is {a}?
Is it true that the {k} of {p} is {a}?
Is it right that {p}'s {k} is {a}?
Did I say that {p}'s {k} is {a}?
Did I say the {k} of {p} is {a}?
Did I tell you that the {k} of {p} is {a}?
And is {p}'s {k} {a}?
Do you remember: is the {k} of {p} {a}?
Would you say {p}'s {k} is {a}?
--
Did I tell you that {p} has the {k} {a}?
Is it right that {a} is the {k} of {p}?
Do you remember: did I say {p}'s {k} is {a}?
""")
SAME = parts("""
Are "{v}" and "{a}" the same?
Are "{v}" and "{a}" the same word?
Are "{v}" and "{a}" the same text?
Are "{v}" and "{a}" equal?
Are "{v}" and "{a}" identical?
Are these the same: {v} and {a}?
Are these the same? {v} / {a}
Are these two the same: "{v}" and "{a}"?
Are these two equal: {v} and {a}?
Are these two texts equal: "{v}" and "{a}"?
Are the texts "{v}" and "{a}" the same?
Are the two texts identical: {v} and {a}?
Is "{v}" equal to "{a}"?
Is "{v}" the same as "{a}"?
Is "{v}" the same text as "{a}"?
Is "{v}" identical to "{a}"?
Is {v} the same as {a}?
Is {v} equal to {a}?
Is the text "{v}" equal to the text "{a}"?
Is there no difference between "{v}" and "{a}"?
Is it true that "{v}" and "{a}" are the same?
Is it true that {v} equals {a}?
Do "{v}" and "{a}" match?
Do {v} and {a} match?
Do these two match: "{v}" and "{a}"?
Does "{v}" match "{a}"?
Does {v} equal {a}?
Compare "{v}" with "{a}". Are they identical?
Compare "{v}" with "{a}". Are they the same?
Compare "{v}" and "{a}". Do they match?
Compare {v} and {a}. Are they equal?
{v} = {a}?
--
Is it true that {v} is equal to {a}?
Do the texts "{v}" and "{a}" match?
Are these two identical: {v} and {a}?
Does the text "{v}" equal "{a}"?
Compare these two texts: "{v}" and "{a}". Are they equal?
""")
EVEN = parts("""
Is {a} even?
Is {a} even?
Is {a} an even number?
Is {a} an even number?
Is the number {a} even?
Is the number {a} an even number?
Is {a} divisible by 2?
Is {a} divisible by two?
Is the number {a} divisible by 2?
Can {a} be divided by two?
Can {a} be divided by 2?
Can you divide {a} by two?
Is it true that {a} is even?
Is it true that {a} is an even number?
Would you say {a} is even?
Would you call {a} an even number?
Would you call {a} even?
Does {a} count as even?
Is {a} even or not?
{a} is even, right?
{a} is an even number, right?
Tell me if {a} is even.
Check if {a} is even.
--
Would you say that the number {a} is even?
Is it true that {a} can be divided by 2?
Tell me if {a} is an even number.
Does {a} count as an even number?
""")
ODD = parts("""
Is {a} odd?
Is {a} odd?
Is {a} an odd number?
Is {a} an odd number?
Is the number {a} odd?
Is the number {a} an odd number?
Is it true that {a} is odd?
Is it true that {a} is an odd number?
Would you say {a} is odd?
Would you say that {a} is an odd number?
Would you call {a} an odd number?
Would you call {a} odd?
Does {a} count as odd?
Does {a} count as an odd number?
Is {a} odd or not?
{a} is odd, right?
{a} is an odd number, right?
Tell me if {a} is odd.
Check if {a} is odd.
--
Would you call the number {a} odd?
Check if {a} is an odd number.
Is it true that the number {a} is odd?
""")
EXISTS = parts("""
These files exist: {l}. Is there a file {a}?
These files exist: {l}. Does {a} exist?
These are the files: {l}. Is {a} one of them?
Files: {l}. Does {a} exist?
Files: {l}. Is {a} there?
Files: {l}. Is there a file {a}?
My files are {l}. Do I have {a}?
My files are {l}. Is there a file called {a}?
I have the files {l}. Do I have the file {a}?
The folder has {l}. Is {a} in it?
The folder has {l}. Does it have {a}?
The folder has the files {l}. Is {a} in the folder?
The folder contains {l}. Does it contain {a}?
The folder contains {l}. Is {a} there?
In the folder are {l}. Is {a} in the folder?
There are the files {l}. Is there a file {a}?
On disk there are {l}. Is {a} one of the files?
On disk there are {l}. Does {a} exist?
--
The folder has the files {l}. Does the file {a} exist?
On disk I have {l}. Do I have {a}?
The files are {l}. Is there a file called {a}?
My folder contains {l}. Is {a} in it?
""")
