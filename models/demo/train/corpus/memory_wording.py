"""Wording of facts and of questions about them: (telling, asking, answer).

Lines after `--` are held out.
"""

from .wording import parts

MY_NAME = (parts("""
My name is {v}.
my name is {v}
My name's {v}.
The name is {v}.
I am {v}.
I'm {v}.
I am called {v}.
Call me {v}.
Please call me {v}.
Just call me {v}.
You can call me {v}.
You may call me {v}.
Hello, my name is {v}.
Hi, my name is {v}.
Hi, I am {v}.
Hello, I'm {v}.
Hey, I'm {v}.
Please remember that my name is {v}.
Please remember my name, it is {v}.
Remember that my name is {v}.
Note that my name is {v}.
My friends call me {v}.
My friends know me as {v}.
People call me {v}.
People know me as {v}.
Everybody calls me {v}.
They call me {v}.
I go by {v}.
By the way, my name is {v}.
By the way, I am {v}.
--
Remember, people call me {v}.
My friends and everybody know me as {v}.
Hi, please call me {v}.
Note that I go by {v}.
Hello, you can call me {v}.
"""), parts("""
What is my name?
What's my name?
what is my name
What was my name?
What name do I have?
Do you know my name?
Do you remember my name?
Do you know who I am?
Do you remember who I am?
Do you still know my name?
Do you still know who I am?
Who am I?
Who am I again?
Tell me my name.
Tell me who I am.
Say my name.
How did I say I am called?
How am I called?
What am I called?
What did I say my name is?
What do people call me?
Can you say my name?
Can you tell me my name?
Can you tell me who I am?
My name is what?
My name?
And my name?
And who am I?
Remind me of my name.
Which name did I tell you?
--
Can you remind me who I am?
Do you still remember my name?
And what is my name again?
Tell me what people call me.
Which name do I have?
"""), "Your name is {v}.")
MY_CITY = (parts("""
I live in {v}.
I live in {v} now.
I am living in {v}.
We live in {v}.
My home is in {v}.
My home is {v}.
Home for me is {v}.
Home is {v}.
I am from {v}.
I'm from {v}.
I come from {v}.
I moved to {v}.
I moved to {v} last year.
We moved to {v}.
My flat is in {v}.
My house is in {v}.
My house stands in {v}.
My city is {v}.
The city I live in is {v}.
I have lived in {v} for years.
I have a house in {v}.
I settled in {v} long ago.
You find me in {v}.
You can find me in {v}.
By the way, I live in {v}.
Remember that I live in {v}.
Note that I live in {v}.
Please remember that my home is in {v}.
--
Remember, my city is {v}.
By the way, my house is in {v}.
I settled in {v} last year.
We have a flat in {v}.
Please note that I come from {v}.
"""), parts("""
Where do I live?
where do I live
Where do I live now?
Where am I from?
Where is my home?
Where is my house?
Where is my flat?
Where can people find me?
Which city do I live in?
Which city is my home?
Which city is my home in?
In which city do I live?
In which city is my home?
In what place is my home?
What city am I in?
What city do I live in?
What city am I from?
What is my city?
What's my city?
What is my home city?
Tell me where I live.
Tell me my city.
Tell me in which city I live.
Do you remember where I live?
Do you remember my city?
Do you know where I live?
Do you know my city?
Can you tell me where I live?
Where did I say I live?
And where do I live?
--
Do you know in which city I live?
Where did I say my home is?
Can you tell me my city?
Tell me where my home is.
And which city am I from?
"""), "You live in {v}.")
MY_JOB = (parts("""
I work as a {v}.
I work as a {v} now.
I work as a {v} these days.
I am working as a {v}.
I am a {v}.
I'm a {v}.
I am a {v} by trade.
I am a {v} by profession.
My job is {v}.
My work is {v}.
My profession is {v}.
I have a job as a {v}.
I got a job as a {v}.
I earn my money as a {v}.
I make money as a {v}.
I make a living as a {v}.
I earn my living as a {v}.
For work I am a {v}.
For a living I work as a {v}.
They hired me as a {v}.
By the way, I work as a {v}.
By the way, I am a {v}.
Remember that I am a {v}.
Remember that I work as a {v}.
Note that my job is {v}.
Please remember that I work as a {v}.
--
Note that I am a {v} by trade.
These days I am working as a {v}.
By the way, my profession is {v}.
I earn a living as a {v}.
Remember, they hired me as a {v}.
"""), parts("""
What is my job?
What's my job?
what is my job
What was my job?
What do I do?
What do I do for work?
What do I do for a living?
What do I work as?
What am I by profession?
What is my work?
What is my profession?
What's my profession?
What job do I have?
Which job do I have?
Which profession do I have?
How do I earn my living?
How do I earn my money?
How do I make a living?
Tell me my job.
Tell me what my job is.
Tell me my profession.
Tell me what I do for work.
Do you know my job?
Do you know what I do for work?
Do you remember my job?
Do you remember what I work as?
Can you tell me my job?
What did I say my job is?
And my job?
--
Do you know my profession?
Can you tell me what I do for a living?
Do you remember how I earn my money?
Tell me what I work as.
And which job do I have?
"""), "You work as a {v}.")
MY_CODE = (parts("""
My code is {v}.
My secret code is {v}.
Our code is {v}.
The code is {v}.
The code is: {v}
The secret code is {v}.
The new code is {v}.
The password code is {v}.
The code reads {v}.
Remember the code {v}.
Remember this code: {v}
Remember that the code is {v}.
Remember my code, it is {v}.
Please remember the code {v}.
Please remember this code: {v}
Please note the code {v}.
Keep this code: {v}
Keep the code {v}.
Keep the code {v} in mind.
Here is a code for you: {v}
Here is the code: {v}
Here is my code: {v}
I give you the code {v}.
I give you a code: {v}
Note the code {v}.
Note this code: {v}
Save this code: {v}
Save the code {v} for me.
Store the code {v}.
You need this code: {v}
--
Please keep this code for me: {v}
Here is the new code, it is {v}.
Note that my code reads {v}.
Remember the secret code: {v}
I give you my code, {v}.
"""), parts("""
What is my code?
What's my code?
What is the code?
what is the code
What's the code?
What was the code?
What was my code?
What is the secret code?
What's the secret code?
What code did I give you?
Which code did I give you?
Which code was it?
Which code do I have?
Tell me the code.
Tell me my code.
Tell me the secret code.
Say the code.
Give me the code.
Give me my code.
Do you remember the code?
Do you remember my code?
Do you know the code?
Do you still know the code?
Can you tell me the code?
Could you repeat the code?
Can you repeat my code?
I need the code.
I need my code now.
I forgot the code. What was it?
I forgot my code.
The code, please?
The code?
And the code?
--
Can you give me the code?
Do you still remember my code?
I forgot the secret code. Which was it?
Please repeat the code.
And what was the secret code?
Tell me which code I have.
"""), "The code is {v}.")
MY_THING = (parts("""
My {k} is {v}.
My {k} is {v}.
My {k}: {v}
my {k} is {v}
Note that my {k} is {v}.
Note this: my {k} is {v}.
Note my {k}: {v}
Remember: my {k} is {v}.
Remember that my {k} is {v}.
Remember my {k}: {v}
Remember this: my {k} is {v}.
Please remember that my {k} is {v}.
Please remember my {k}, it is {v}.
Please note that my {k} is {v}.
By the way, my {k} is {v}.
Also, my {k} is {v}.
And my {k} is {v}.
You should know that my {k} is {v}.
You must know that my {k} is {v}.
I want you to know that my {k} is {v}.
Did you know that my {k} is {v}?
{v} is my {k}.
{v} is the name of my {k}.
As for my {k}, it is {v}.
For me the {k} is {v}.
Keep in mind that my {k} is {v}.
Keep in mind: my {k} is {v}.
Let me tell you my {k}: {v}.
Let me tell you: my {k} is {v}.
I tell you that my {k} is {v}.
I have {v} as my {k}.
For your notes, my {k} is {v}.
Here is my {k}: {v}.
--
I want you to remember that my {k} is {v}.
Let me tell you that {v} is my {k}.
Please keep in mind that my {k} is {v}.
By the way, {v} is my {k}.
As for the {k}, I have {v}.
You should remember my {k}: {v}.
"""), parts("""
What is my {k}?
What's my {k}?
what is my {k}
What was my {k}?
What was my {k} again?
What is my {k} again?
Tell me my {k}.
Tell me what my {k} is.
Say what my {k} is.
Give me my {k}.
Do you know my {k}?
Do you know what my {k} is?
Do you remember my {k}?
Do you remember what my {k} is?
Do you still know my {k}?
What did I say about my {k}?
What did I say my {k} is?
What did I tell you about my {k}?
My {k} is what?
My {k}?
My {k}, please?
And my {k}?
And what is my {k}?
Which {k} did I tell you?
Which {k} do I have?
Can you tell me my {k}?
Can you tell me what my {k} is?
Could you tell me my {k}?
Remind me of my {k}.
I forgot my {k}. What is it?
I forgot my {k}.
Which is my {k}?
--
Can you remind me what my {k} is?
I forgot what my {k} is. Tell me.
Do you still remember my {k}?
Tell me, what was my {k}?
And which {k} do I have?
Could you say my {k}?
"""), "Your {k} is {v}.")
